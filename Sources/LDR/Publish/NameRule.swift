import RLSCore

/// How attributes are read off names. As text, a pattern and then, after semicolons, what follows from its attributes:
///
///     {site:letters}-{frameType:word}-{gpsStart:integer}-{duration:integer}.{:text};
///     gpsEnd = gpsStart + duration; frameType like {interferometer:interferometer}_{:word}
///
/// `like` reads further attributes off one that is a text. It may fail, and never replaces what is known.
package struct NameRule: Sendable, Hashable {
    enum Consequence: Sendable, Hashable {
        case sum(name: String, left: String, right: String)
        case part(of: String, pattern: NamePattern)
    }

    package let name: String
    package let pattern: NamePattern
    let consequences: [Consequence]

    package init(name: String, parsing text: String) throws(NameRuleError) {
        let clauses = text.split(separator: ";").map { Self.trimmed(String($0)) }
        self.name = name
        pattern = try NamePattern(parsing: clauses.first ?? "")
        var known = Set(pattern.names)
        var consequences: [Consequence] = []
        for clause in clauses.dropFirst() where !clause.isEmpty {
            let consequence = try Self.consequence(clause, known: known, of: text)
            known.formUnion(consequence.names)
            consequences.append(consequence)
        }
        self.consequences = consequences
    }

    /// nil when the name has another form. Only what follows the last slash counts, unless the pattern has slashes.
    package func attributes(of lfn: ByteString) -> [String: MetadataValue]? {
        let name = pattern.hasDirectories ? lfn.bytes[...] : lfn.bytes[Self.lastComponent(lfn.bytes)...]
        guard var attributes = pattern.attributes(of: ByteString(Array(name))) else { return nil }
        for consequence in consequences {
            guard consequence.apply(to: &attributes) else { return nil }
        }
        return attributes
    }

    private static func lastComponent(_ bytes: [UInt8]) -> Int {
        bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    }

    private static func trimmed(_ text: String) -> String {
        let isBlank: (Character) -> Bool = { $0.isWhitespace }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return String(rest)
    }

    private static func consequence(
        _ clause: String, known: Set<String>, of text: String
    ) throws(NameRuleError) -> Consequence {
        let words = clause.split(separator: " ").map(String.init)
        if words.count == 5, words[1] == "=", words[3] == "+" {
            for name in [words[2], words[4]] where !known.contains(name) {
                throw NameRuleError(text, "`\(name)` in `\(clause)` is no attribute of the pattern")
            }
            guard case .attribute(let name) = ExpressionField(words[0]), !known.contains(name) else {
                throw NameRuleError(text, "`\(words[0])` in `\(clause)` is there already")
            }
            return .sum(name: name, left: words[2], right: words[4])
        }
        if words.count == 3, words[1] == "like" {
            guard known.contains(words[0]) else {
                throw NameRuleError(text, "`\(words[0])` in `\(clause)` is no attribute of the pattern")
            }
            return .part(of: words[0], pattern: try NamePattern(parsing: words[2]))
        }
        throw NameRuleError(text, "`\(clause)` is neither `NAME = NAME + NAME` nor `NAME like PATTERN`")
    }
}

extension NameRule.Consequence {
    fileprivate var names: [String] {
        switch self {
        case .sum(let name, _, _): [name]
        case .part(_, let pattern): pattern.names
        }
    }

    /// False when the sum is too large: then the name means something else.
    fileprivate func apply(to attributes: inout [String: MetadataValue]) -> Bool {
        switch self {
        case .sum(let name, let left, let right):
            guard case .integer(let left) = attributes[left], case .integer(let right) = attributes[right] else {
                return true
            }
            let (sum, overflow) = left.addingReportingOverflow(right)
            if !overflow { attributes[name] = .integer(sum) }
            return !overflow
        case .part(let attribute, let pattern):
            guard case .text(let text) = attributes[attribute] else { return true }
            let found = pattern.attributes(of: ByteString(text)) ?? [:]
            attributes.merge(found) { known, _ in known }
            return true
        }
    }
}
