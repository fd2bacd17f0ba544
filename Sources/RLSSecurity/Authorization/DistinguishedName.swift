/// Distinguished names as the grid writes them, one line with slashes.
enum DistinguishedName {
    /// Newer libraries escape what older ones left alone: a slash or a plus sign inside a value, as in `/CN=host\/NAME`, and
    /// bytes that are not ASCII, as `\xC3`. The grid's files have them plain. An escaped separator before what would look
    /// like another attribute stays: nobody shall pass for another by it.
    static func customary(_ name: String) -> String {
        let bytes = Array(name.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let rest = bytes[index...].dropFirst()
            if bytes[index] == UInt8(ascii: "\\"), let next = rest.first {
                if let byte = HexEscape.byte(bytes[index...]), byte >= 0x80 {
                    result.append(byte)
                    index += HexEscape.length
                    continue
                }
                if separators.contains(next), !looksLikeAttribute(rest.dropFirst()) {
                    result.append(next)
                    index += 2
                    continue
                }
                result += [bytes[index], next]
                index += 2
                continue
            }
            result.append(bytes[index])
            index += 1
        }
        // Bytes that are no text would all look the same.
        return String(validating: result, as: UTF8.self) ?? name
    }

    private static let separators: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "+")]

    private static func looksLikeAttribute(_ rest: ArraySlice<UInt8>) -> Bool {
        rest.prefix { !separators.contains($0) && $0 != UInt8(ascii: "\\") }.contains(UInt8(ascii: "="))
    }
}

/// `\xHH` for a byte.
enum HexEscape {
    static let length = 4

    static func byte(_ text: some Collection<UInt8>) -> UInt8? {
        let head = Array(text.prefix(length))
        guard head.count == length, head[0] == UInt8(ascii: "\\"), head[1] == UInt8(ascii: "x") else { return nil }
        return UInt8(String(decoding: head[2...], as: UTF8.self), radix: 16)
    }
}
