import RLSCore

/// Where a file lies below a partition: `{site}/{frameType}/{gpsStart/100000}/{lfn}`.
///
/// - `{NAME}`: an attribute, or `lfn`, `collection`, `publisher`, `size`.
/// - `{NAME/NUMBER}`, `{NAME%NUMBER}`: an integer divided, rounded down, and the rest, never negative.
/// - `{hash:N}`: the first N (1 to 8) hexadecimal digits of the SHA-256 of the LFN, as sha256sum prints them.
/// - `{lfn:tree}`: slashes of the LFN make directories. Then no file can have the name of another's directory.
///
/// Whatever the names are, the path stays below the partition, and two LFNs never have the same path: the last
/// component has the LFN, and nothing beside it but fixed text and hashes. No component begins with a dot.
package struct LayoutTemplate: Sendable, Hashable, CustomStringConvertible {
    private(set) var components: [[LayoutPart]]
    package let description: String

    package init(parsing text: String) throws(LayoutError) {
        description = text
        components = try LayoutParser.components(text)
    }

    /// Only the part that has the LFN.
    mutating func keepLast() { components.removeFirst(components.count - 1) }

    /// Relative, UTF-8. Fails for a file that lacks an attribute, and for a path that is too long.
    package func path(for file: FileRecord, publisher: String) throws(LayoutError) -> String {
        guard !file.lfn.isEmpty else { throw LayoutError("a file without an LFN has no place in the layout `\(self)`") }
        let source = LayoutSource(file: file, publisher: publisher, layout: description)
        var path: [UInt8] = []
        for component in components {
            for text in try source.components(component) {
                guard let component = SafePath.limited(text) else { throw LayoutError.noHash }
                if !path.isEmpty { path.append(UInt8(ascii: "/")) }
                path += component
            }
        }
        guard path.count <= SafePath.longestPath else {
            throw LayoutError(
                "the path of \(file.lfn) by `\(self)` has \(path.count) bytes, more than \(SafePath.longestPath)"
            )
        }
        return String(decoding: path, as: UTF8.self)
    }
}

enum LayoutPart: Sendable, Hashable {
    /// As it stands.
    case text([UInt8])
    case value(ExpressionField)
    case quotient(ExpressionField, Int64)
    case remainder(ExpressionField, Int64)
    case hash(digits: Int)
    case lfnTree

    var isLFN: Bool { self == .value(.lfn) || self == .lfnTree }
}

/// Why a template is none, or a file has no place by it.
package struct LayoutError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    static let noHash = LayoutError("OpenSSL does not compute SHA-256: is it restricted by its configuration?")
}

/// What placeholders stand for.
private struct LayoutSource {
    let file: FileRecord
    let publisher: String
    let layout: String

    /// One, but for a tree.
    func components(_ parts: [LayoutPart]) throws(LayoutError) -> [[UInt8]] {
        var done: [[UInt8]] = []
        var current: [UInt8] = []
        for part in parts {
            guard part == .lfnTree else {
                current += try text(part)
                continue
            }
            let names = file.lfn.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            for (index, name) in names.enumerated() {
                if index > 0 {
                    done.append(current)
                    current = []
                }
                current += SafePath.encoded(Array(name))
            }
        }
        return done + [current]
    }

    private func text(_ part: LayoutPart) throws(LayoutError) -> [UInt8] {
        switch part {
        case .text(let text): return text
        case .value(let field): return SafePath.encoded(try value(field))
        case .quotient(let field, let divisor):
            let (quotient, remainder) = try integer(field).quotientAndRemainder(dividingBy: divisor)
            return Array("\(remainder < 0 ? quotient - 1 : quotient)".utf8)
        case .remainder(let field, let divisor):
            let remainder = try integer(field) % divisor
            return Array("\(remainder < 0 ? remainder + divisor : remainder)".utf8)
        case .hash(let digits):
            guard let hash = StableHash.hexadecimal(file.lfn.bytes, digits: digits) else { throw LayoutError.noHash }
            return hash
        case .lfnTree: return []
        }
    }

    private func value(_ field: ExpressionField) throws(LayoutError) -> [UInt8] {
        switch field {
        case .lfn: return file.lfn.bytes
        case .size: return Array("\(file.size)".utf8)
        case .collection: return Array(file.collection.utf8)
        case .publisher: return Array(publisher.utf8)
        case .attribute(let name):
            switch try attribute(name) {
            case .integer(let integer): return Array("\(integer)".utf8)
            case .number(let number): return Array("\(number)".utf8)
            case .text(let text): return Array(text.utf8)
            }
        }
    }

    private func integer(_ field: ExpressionField) throws(LayoutError) -> Int64 {
        guard case .attribute(let name) = field else { return file.size }
        guard case .integer(let integer) = try attribute(name) else {
            throw LayoutError(
                "the attribute `\(name)` of \(file.lfn) is no integer; the layout `\(layout)` divides it")
        }
        return integer
    }

    private func attribute(_ name: String) throws(LayoutError) -> MetadataValue {
        guard let value = file.attributes[name] else {
            throw LayoutError(
                "\(file.lfn) lacks the attribute `\(name)`, which the layout `\(layout)` needs")
        }
        return value
    }
}
