import RLSCore

/// One access line: `user-pattern: right… [names=NAME-PATTERN]` or `voms:FQAN-PATTERN: right… [names=NAME-PATTERN]`.
package struct AccessRule: Sendable {
    /// Whom a line is about.
    package enum Subject: Sendable, Hashable {
        /// The expression occurs in the DN or in a local user of the grid-mapfile.
        case user(RegularExpression)
        /// The expression is a whole VOMS attribute.
        case attribute(RegularExpression)

        func matches(_ identity: Identity) -> Bool {
            switch self {
            case .user(let pattern):
                pattern.matches(identity.dn) || identity.localUsers.contains(where: pattern.matches)
            case .attribute(let pattern): identity.fqans.contains(where: pattern.matchesWhole)
            }
        }
    }

    package let subject: Subject
    package let rights: Rights
    /// The logical names that the line is about, with `*` and `?`; nil: all, and everything else.
    package let names: SQLPattern?
    private let source: String

    package struct ParseError: Error, CustomStringConvertible, Sendable {
        package let description: String
    }

    /// The last colon before `names=` separates: a DN may contain one.
    package init(_ line: String) throws(ParseError) {
        let (grant, names) = Self.splitNames(line)
        guard let colon = grant.lastIndex(of: ":") else { throw ParseError(description: "expected `user: right…`") }
        let user = Self.unquoted(grant[..<colon].trimmedBlanks)
        subject = try Self.subject(user)
        rights = try Self.rights(grant[grant.index(after: colon)...])
        if let names {
            guard !names.isEmpty else { throw ParseError(description: "names= needs a pattern") }
            guard Rights.ofNames.isSuperset(of: rights) else {
                throw ParseError(description: "names= goes with \(Rights.ofNames.description) only")
            }
            self.names = SQLPattern(glob: ByteString(names))
        } else {
            self.names = nil
        }
        source = "\(user): \(rights.description)" + (names.map { " names=\($0)" } ?? "")
    }

    private static func splitNames(_ line: String) -> (grant: Substring, names: String?) {
        for separator in [" names=", "\tnames="] {
            if let range = line.ranges(of: separator).last {
                return (line[..<range.lowerBound], unquoted(line[range.upperBound...].trimmedBlanks))
            }
        }
        return (line[...], nil)
    }

    private static func subject(_ user: String) throws(ParseError) -> Subject {
        let prefix = "voms:"
        let isAttribute = user.hasPrefix(prefix)
        let text = isAttribute ? String(user.dropFirst(prefix.count)) : user
        guard !text.isEmpty else { throw ParseError(description: "the user's pattern is empty") }
        guard let pattern = RegularExpression(text) else {
            throw ParseError(description: "`\(text)` is not a regular expression")
        }
        return isAttribute ? .attribute(pattern) : .user(pattern)
    }

    private static func rights(_ words: Substring) throws(ParseError) -> Rights {
        var rights: Rights = []
        for word in words.split(whereSeparator: { " \t,".contains($0) }) {
            guard let right = Rights(name: word) else {
                let known = Rights.names.map(\.name).joined(separator: " ")
                throw ParseError(description: "unknown right `\(word)`; known: \(known)")
            }
            rights.formUnion(right)
        }
        guard !rights.isEmpty else { throw ParseError(description: "no right is named after the colon") }
        return rights
    }

    private static func unquoted(_ text: String) -> String {
        text.count >= 2 && text.first == "\"" && text.last == "\"" ? String(text.dropFirst().dropLast()) : text
    }
}

extension AccessRule: CustomStringConvertible {
    package var description: String { source }
}

extension AccessRule: Equatable {
    package static func == (left: AccessRule, right: AccessRule) -> Bool { left.source == right.source }
}
