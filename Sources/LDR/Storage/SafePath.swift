import RLSCore

/// Any bytes as one component of a path: never empty, never `.` or `..`, no slash, no control character, always UTF-8,
/// not hidden, at most 255 bytes.
///
/// What cannot stand as it is becomes `%HH`: `%`, `/`, control characters, dots at the beginning, bytes that are not
/// UTF-8. The empty text is `%_`. A component of more than 255 bytes ends in `%~` and 32 digits of the SHA-256 of the
/// whole. So two texts never have the same component (those of more than 255 bytes: never in practice), and names that
/// begin with a dot are free for unfinished files.
package enum SafePath {
    /// Bytes, NAME_MAX of Linux.
    package static let longestComponent = 255
    /// Bytes of a path below a partition; with its root it must not reach PATH_MAX, 4096.
    package static let longestPath = 3000

    private static let percent = UInt8(ascii: "%")
    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")
    static let empty = Array("%_".utf8)
    private static let shortened = Array("%~".utf8)
    private static let hashDigits = 32

    /// Of any length: `limited` comes after all parts of a component are together.
    static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.isEmpty { return empty }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 8)
        let hidden = bytes.prefix { $0 == dot }.count
        for _ in 0..<hidden { append(dot, escaped: true, to: &result) }
        UTF8Runs.forEach(in: Array(bytes[hidden...])) { run, isValid in
            for byte in run {
                let isControl = byte < 0x20 || byte == 0x7f
                append(byte, escaped: !isValid || isControl || byte == percent || byte == slash, to: &result)
            }
        }
        return result
    }

    private static func append(_ byte: UInt8, escaped: Bool, to result: inout [UInt8]) {
        if escaped {
            result.append(percent)
            result += Hexadecimal.digits(byte)
        } else {
            result.append(byte)
        }
    }

    /// nil when OpenSSL refuses to hash.
    static func limited(_ component: [UInt8]) -> [UInt8]? {
        if component.count <= longestComponent { return component }
        guard let hash = StableHash.hexadecimal(component, digits: hashDigits) else { return nil }
        let kept = cut(component, at: longestComponent - shortened.count - hash.count)
        return component[..<kept] + shortened + hash
    }

    /// Not within a character or an escape.
    private static func cut(_ component: [UInt8], at limit: Int) -> Int {
        var end = limit
        while end > 0, component[end] & 0xc0 == 0x80 { end -= 1 }
        for back in 1...2 where end >= back && component[end - back] == percent { return end - back }
        return end
    }

    /// What was encoded; nil for what this never writes, and for what was shortened.
    package static func decoded(_ component: some Collection<UInt8>) -> ByteString? {
        let component = Array(component)
        if component == empty { return ByteString.empty }
        var result: [UInt8] = []
        var index = 0
        while index < component.count {
            if component[index] == percent {
                guard index + 2 < component.count,
                    let byte = Hexadecimal.value(component[index + 1], component[index + 2])
                else { return nil }
                result.append(byte)
                index += 3
            } else {
                result.append(component[index])
                index += 1
            }
        }
        return encoded(result) == component ? ByteString(result) : nil
    }

    /// Whether a path below a root stays below it: not empty, not absolute, no empty, `.` or `..` component, no NUL.
    package static func isSafe(_ path: String) -> Bool {
        let bytes = Array(path.utf8)
        return !bytes.contains(0)
            && bytes.split(separator: slash, omittingEmptySubsequences: false).allSatisfy { isSafeComponent($0) }
    }

    static func isSafeComponent(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && !(bytes.count <= 2 && bytes.allSatisfy { $0 == dot }) && !bytes.contains(0)
            && !bytes.contains(slash)
    }
}
