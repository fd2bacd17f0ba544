import RLSCore

/// A PFN, written so that every tool reads the same: only visible ASCII, without quotes, blanks and backslashes.
struct SourceURL: Sendable, Equatable {
    /// Lower case.
    let scheme: String
    /// As it stands between `//` and the path; may be empty.
    let authority: String
    /// Percent-encoded, from its first slash.
    let path: String
    /// Percent-encoded, with its question mark; empty if there is none.
    let query: String

    var text: String { "\(scheme)://\(authority)\(path)\(query)" }

    private static let limit = 16_384

    /// What is percent-encoded stays so, other bytes that mean something to a tool become so. A number sign is part
    /// of the name: fragments mean nothing to a source. A question mark begins a query only in http and https.
    init(_ url: ByteString) throws(TransferFailure) {
        guard url.count <= Self.limit else {
            throw Self.unsupported(url, "has more than \(Self.limit) bytes")
        }
        guard let colon = url.bytes.firstIndex(of: UInt8(ascii: ":")), let scheme = Self.scheme(url.bytes[..<colon])
        else {
            throw Self.unsupported(url, "is no URL: write scheme://host/path")
        }
        let rest = url.bytes[(colon + 1)...]
        guard rest.starts(with: "//".utf8) else { throw Self.unsupported(url, "has no // after its scheme") }
        let place = rest.dropFirst(2)
        let slash = place.firstIndex(of: UInt8(ascii: "/")) ?? place.endIndex
        guard place[..<slash].allSatisfy(Self.isOfAuthority) else {
            throw Self.unsupported(url, "has characters in its host name that cannot be there")
        }
        var name = place[slash...]
        var query: ArraySlice<UInt8> = []
        if Self.web.contains(scheme), let mark = name.firstIndex(of: UInt8(ascii: "?")) {
            query = name[mark...]
            name = name[..<mark]
        }
        guard name.count > 1, name.last != UInt8(ascii: "/") else {
            throw Self.unsupported(url, "names a directory, not a file")
        }
        self.scheme = scheme
        authority = String(decoding: place[..<slash], as: UTF8.self)
        path = Self.encoded(name)
        self.query = query.isEmpty ? "" : "?" + Self.encoded(query.dropFirst(), also: UInt8(ascii: "?"))
    }

    private static let web: Set<String> = ["http", "https", "dav", "davs"]

    static func unsupported(_ url: ByteString, _ why: String) -> TransferFailure {
        TransferFailure(.unsupported, "\(String(url.description.prefix(300))) \(why)")
    }

    private static func scheme(_ bytes: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: bytes, as: UTF8.self).lowercased()
        guard let first = text.utf8.first, UInt8(ascii: "a")...UInt8(ascii: "z") ~= first, text.utf8.count <= 32,
            text.utf8.allSatisfy({ isLetterOrDigit($0) || "+.-".utf8.contains($0) })
        else { return nil }
        return text
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    private static func isOfAuthority(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || ".-_~:@[]%!$&'()+,;=".utf8.contains(byte)
    }

    private static let plain = Set("/:@!$&'()+,;=~-._".utf8)

    static func encoded(_ bytes: ArraySlice<UInt8>, also: UInt8? = nil) -> String {
        var text: [UInt8] = []
        for (index, byte) in zip(bytes.indices, bytes) {
            let isPlain = isLetterOrDigit(byte) || plain.contains(byte) || byte == also
            if isPlain || byte == UInt8(ascii: "%") && isEncoded(bytes[index...]) {
                text.append(byte)
            } else {
                text += "%\(Hexadecimal.lowercase([byte]).uppercased())".utf8
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isEncoded(_ bytes: ArraySlice<UInt8>) -> Bool {
        let digits = bytes.dropFirst().prefix(2)
        return digits.count == 2 && digits.allSatisfy { Hexadecimal.value($0) != nil }
    }

    /// The bytes that the path stands for.
    var decodedPath: [UInt8] {
        let bytes = Array(path.utf8)
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), isEncoded(bytes, index),
                let high = Hexadecimal.value(bytes[index + 1]), let low = Hexadecimal.value(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }

    private func isEncoded(_ bytes: [UInt8], _ index: Int) -> Bool { Self.isEncoded(bytes[index...]) }

    /// `file://` and a path of this machine; a percent sign in it is one.
    static func file(_ path: String) -> String {
        let pieces = path.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false)
        return "file://" + pieces.map { encoded(ArraySlice(Array($0))) }.joined(separator: "%25")
    }
}
