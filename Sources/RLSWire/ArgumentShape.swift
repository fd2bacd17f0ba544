/// How the strings of one request are counted; the protocol has no lengths, so the method fixes where a request ends.
package enum ArgumentShape: Hashable, Sendable {
    /// Exactly so many strings.
    case fields(Int)
    /// `header` strings, then tuples of `width` strings, ended by an empty string where a tuple would begin.
    case list(header: Int, width: Int)
}

/// What bounds a request before any of it is believed.
package struct FrameLimits: Hashable, Sendable {
    /// Bytes of one string.
    package var fieldLength: Int
    /// Tuples of one list.
    package var listItems: Int
    /// Bytes of one request.
    package var requestLength: Int

    package init(fieldLength: Int = 65_536, listItems: Int = 100_000, requestLength: Int = 32 << 20) {
        self.fieldLength = fieldLength
        self.listItems = listItems
        self.requestLength = requestLength
    }
}
