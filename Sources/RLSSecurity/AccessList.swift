/// One access line: `user-pattern: right…`
package struct AccessRule: Sendable {
    package let pattern: RegularExpression
    package let rights: Rights

    package struct ParseError: Error, CustomStringConvertible, Sendable {
        package let description: String
    }

    /// The last colon separates: a DN may contain one.
    package init(_ line: String) throws(ParseError) {
        guard let colon = line.lastIndex(of: ":") else { throw ParseError(description: "expected `user: right…`") }
        var user = Self.trimmed(line[..<colon])
        if user.count >= 2, user.first == "\"", user.last == "\"" { user = String(user.dropFirst().dropLast()) }
        guard !user.isEmpty else { throw ParseError(description: "the user's pattern is empty") }
        guard let pattern = RegularExpression(user) else {
            throw ParseError(description: "`\(user)` is not a regular expression")
        }
        var rights: Rights = []
        for word in line[line.index(after: colon)...].split(whereSeparator: { " \t,".contains($0) }) {
            guard let right = Rights(name: word) else {
                let known = Rights.names.map(\.name).joined(separator: " ")
                throw ParseError(description: "unknown right `\(word)`; known: \(known)")
            }
            rights.formUnion(right)
        }
        guard !rights.isEmpty else { throw ParseError(description: "no right is named after the colon") }
        self.pattern = pattern
        self.rights = rights
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}

extension AccessRule: CustomStringConvertible {
    package var description: String { "\(pattern.source): \(rights.description)" }
}

extension AccessRule: Equatable {
    package static func == (left: AccessRule, right: AccessRule) -> Bool {
        left.pattern.source == right.pattern.source && left.rights == right.rights
    }
}

/// Access lines in order: the first whose pattern matches decides, and nothing matched means nothing allowed.
package struct AccessList: Sendable, Equatable {
    package var rules: [AccessRule]

    package init(_ rules: [AccessRule] = []) { self.rules = rules }

    package func rights(of identity: Identity) -> Rights {
        rules.first { $0.pattern.matches(identity.name) }?.rights ?? []
    }
}
