/// How the strings of one request are counted; the protocol has no lengths, so the method fixes where a request ends.
package enum ArgumentShape: Hashable, Sendable {
    /// Exactly so many strings.
    case fields(Int)
    /// `header` strings, then tuples of `width` strings, ended by an empty string where a tuple would begin.
    case list(header: Int, width: Int)
    /// `header` strings, then single strings without a bound on their number, ended by an empty one: a long request comes out as
    /// several with the same header, of which the last is answered.
    case stream(header: Int)
    /// `header` strings, then raw bytes, whose number one of the strings tells.
    case blob(header: Int, size: BlobSize)
}

/// Which string of a request tells how many raw bytes follow, and how.
package enum BlobSize: Hashable, Sendable {
    case bytes(field: Int)
    /// So many bits, in one byte more than they fill: the original's filters.
    case bits(field: Int)

    var field: Int {
        switch self {
        case .bytes(let field), .bits(let field): field
        }
    }

    func count(_ number: Int) -> Int {
        switch self {
        case .bytes: number
        case .bits: number / 8 + 1
        }
    }
}

/// What bounds a request before any of it is believed.
package struct FrameLimits: Hashable, Sendable {
    /// Bytes of one string.
    package var fieldLength: Int
    /// Tuples of one list.
    package var listItems: Int
    /// Bytes of one request.
    package var requestLength: Int
    /// Raw bytes at the end of a request.
    package var blobLength: Int

    package init(
        fieldLength: Int = 65_536, listItems: Int = 100_000, requestLength: Int = 32 << 20, blobLength: Int? = nil
    ) {
        self.fieldLength = fieldLength
        self.listItems = listItems
        self.requestLength = requestLength
        self.blobLength = blobLength ?? requestLength
    }
}
