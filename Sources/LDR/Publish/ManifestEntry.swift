import RLSCore

/// A line of a manifest: `path [lfn] [size] [checksum…]`, between blanks.
///
/// `-` stands for an LFN or a size that is not given. A checksum is `adler32:`, `md5:` or `sha256:` and its
/// hexadecimal digits, at any place after the path. A field in double quotes may have blanks, and `\" \\ \n \r \t
/// \xHH`. Empty lines and those that begin with `#` count for nothing.
package struct ManifestEntry: Sendable, Hashable {
    /// As it stands; the directory of the manifest is its start when it is relative.
    package let path: ByteString
    /// Without it, the last component of the path.
    package private(set) var lfn: ByteString?
    /// Bytes.
    package private(set) var size: Int64?
    package private(set) var checksums = Checksums()

    /// nil for a line that counts for nothing.
    package init?(line: [UInt8]) throws(ManifestError) {
        var fields = try ManifestFields(line).fields[...]
        guard let first = fields.popFirst() else { return nil }
        guard !first.bytes.isEmpty else { throw ManifestError("the path is empty") }
        path = ByteString(first.bytes)
        var position = 0
        for field in fields {
            if !field.isQuoted, try checksums.add(field.bytes) { continue }
            position += 1
            if !field.isQuoted, field.bytes == [UInt8(ascii: "-")] { continue }
            switch position {
            case 1:
                guard !field.bytes.isEmpty else { throw ManifestError("the LFN is empty") }
                lfn = ByteString(field.bytes)
            case 2: size = try Self.size(field.bytes)
            default:
                throw ManifestError("`\(ByteString(field.bytes))` is too much; expected path, LFN, size, checksums")
            }
        }
    }

    private static func size(_ bytes: [UInt8]) throws(ManifestError) -> Int64 {
        guard bytes.first != UInt8(ascii: "+"), let size = Int64(String(decoding: bytes, as: UTF8.self)), size >= 0
        else { throw ManifestError("the size `\(ByteString(bytes))` is no number of bytes") }
        return size
    }
}

/// What is wrong with a line.
package struct ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

extension Checksums {
    /// False for what is no checksum. A known type with wrong digits, and a second value of a type, are errors.
    fileprivate mutating func add(_ field: [UInt8]) throws(ManifestError) -> Bool {
        guard let colon = field.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let type = String(decoding: field[..<colon], as: UTF8.self).lowercased()
        let digits = field[(colon + 1)...]
        switch type {
        case "adler32":
            guard adler32 == nil else { throw .twice(type) }
            adler32 = try Self.bytes(digits, 4, type).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        case "md5":
            guard md5 == nil else { throw .twice(type) }
            md5 = try Self.bytes(digits, 16, type)
        case "sha256":
            guard sha256 == nil else { throw .twice(type) }
            sha256 = try Self.bytes(digits, 32, type)
        default: return false
        }
        return true
    }

    private static func bytes(
        _ digits: ArraySlice<UInt8>, _ count: Int, _ type: String
    ) throws(ManifestError) -> [UInt8] {
        guard let bytes = Hexadecimal.bytes(digits), bytes.count == count else {
            throw ManifestError(
                "`\(ByteString(digits))` is no \(type): \(2 * count) hexadecimal digits expected; an LFN goes in quotes"
            )
        }
        return bytes
    }
}

extension ManifestError {
    fileprivate static func twice(_ type: String) -> ManifestError { ManifestError("\(type) is there twice") }
}

/// Cuts a line at its blanks.
private struct ManifestFields {
    struct Field {
        var bytes: [UInt8]
        var isQuoted: Bool
    }

    private(set) var fields: [Field] = []

    init(_ line: [UInt8]) throws(ManifestError) {
        guard !line.contains(0) else { throw ManifestError("a NUL byte is in it") }
        var rest = line[...]
        while true {
            rest = rest.drop(while: Self.isBlank)
            guard let byte = rest.first, !(fields.isEmpty && byte == UInt8(ascii: "#")) else { return }
            if byte == UInt8(ascii: "\"") {
                rest.removeFirst()
                fields.append(Field(bytes: try Self.quoted(&rest), isQuoted: true))
                guard rest.first.map(Self.isBlank) ?? true else {
                    throw ManifestError("a blank was expected after the closing quote")
                }
            } else {
                let field = rest.prefix { !Self.isBlank($0) }
                fields.append(Field(bytes: Array(field), isQuoted: false))
                rest = rest[field.endIndex...]
            }
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

    private static func quoted(_ rest: inout ArraySlice<UInt8>) throws(ManifestError) -> [UInt8] {
        var result: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return result
            case UInt8(ascii: "\\"): result.append(try escape(&rest))
            default: result.append(byte)
            }
        }
        throw ManifestError("the closing quote is missing")
    }

    private static func escape(_ rest: inout ArraySlice<UInt8>) throws(ManifestError) -> UInt8 {
        switch rest.popFirst() {
        case UInt8(ascii: "n"): return UInt8(ascii: "\n")
        case UInt8(ascii: "r"): return UInt8(ascii: "\r")
        case UInt8(ascii: "t"): return UInt8(ascii: "\t")
        case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
        case UInt8(ascii: "\""): return UInt8(ascii: "\"")
        case UInt8(ascii: "x"):
            if let high = rest.popFirst(), let low = rest.popFirst(), let byte = Hexadecimal.value(high, low), byte != 0
            {
                return byte
            }
        default: break
        }
        throw ManifestError("unknown escape; known are \\\" \\\\ \\n \\r \\t \\xHH")
    }
}
