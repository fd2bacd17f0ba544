/// Reads patterns of names.
enum NamePatternParser {
    static func parts(_ text: String) throws(NameRuleError) -> [NamePattern.Part] {
        guard text.utf8.count <= NamePattern.longestName else {
            throw NameRuleError(text, "a pattern has at most \(NamePattern.longestName) bytes")
        }
        var parts: [NamePattern.Part] = []
        var literal: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let isBrace = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
            if !isBrace || rest.first == byte {
                literal.append(byte)
                if isBrace { rest.removeFirst() }
                continue
            }
            guard byte == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                throw NameRuleError(text, "a brace has no other; write {{ or }} for a brace")
            }
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = []
            parts.append(try field(String(decoding: rest[..<end], as: UTF8.self), in: text))
            rest = rest[(end + 1)...]
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        try check(parts, text)
        return parts
    }

    private static func field(_ field: String, in text: String) throws(NameRuleError) -> NamePattern.Part {
        let kinds = NamePattern.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        guard let colon = field.lastIndex(of: ":") else {
            throw NameRuleError(text, "`{\(field)}` has no kind: write {\(field):KIND} with one of \(kinds)")
        }
        guard let kind = NamePattern.Kind(rawValue: String(field[field.index(after: colon)...])) else {
            throw NameRuleError(text, "`{\(field)}` has an unknown kind; known are \(kinds)")
        }
        let name = String(field[..<colon])
        if name.isEmpty { return .field(name: nil, kind: kind) }
        guard case .attribute(let name) = ExpressionField(name) else {
            throw NameRuleError(text, "`\(name)` is no attribute: every file has it of its own")
        }
        return .field(name: name, kind: kind)
    }

    private static func check(_ parts: [NamePattern.Part], _ text: String) throws(NameRuleError) {
        guard !parts.isEmpty else { throw NameRuleError(text, "it is empty") }
        var names: Set<String> = []
        var fields = 0
        var followsField = false
        for part in parts {
            guard case .field(let name, _) = part else {
                followsField = false
                continue
            }
            guard !followsField else { throw NameRuleError(text, "two fields need text between them") }
            followsField = true
            fields += 1
            if let name, !names.insert(name).inserted { throw NameRuleError(text, "`\(name)` is there twice") }
        }
        guard fields <= NamePattern.mostFields else {
            throw NameRuleError(text, "it has more than \(NamePattern.mostFields) fields")
        }
    }
}
