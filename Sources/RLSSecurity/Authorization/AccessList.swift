import RLSCore

/// Access lines in order: the first that matches decides, and nothing matched means nothing allowed.
package struct AccessList: Sendable, Equatable {
    package var rules: [AccessRule]

    package init(_ rules: [AccessRule] = []) { self.rules = rules }

    package func grants(to identity: Identity) -> Grants {
        var limited: [Grants.Limited] = []
        for rule in rules where rule.subject.matches(identity) {
            guard let names = rule.names else { return Grants(limited: limited, general: rule.rights) }
            limited.append(Grants.Limited(names: names, rights: rule.rights))
        }
        return Grants(limited: limited, general: [])
    }
}

/// What one client may do: its access lines, down to the first that is not limited to names.
package struct Grants: Sendable {
    struct Limited: Sendable {
        let names: SQLPattern
        let rights: Rights
    }

    let limited: [Limited]
    /// For names that no limited line is about, and for the server itself.
    package let general: Rights

    package static let nothing = Grants(limited: [], general: [])

    package var isLimited: Bool { !limited.isEmpty }
    /// What may be allowed for some name.
    package var any: Rights { limited.reduce(general) { $0.union($1.rights) } }

    /// Whether no line takes the rights away for some name.
    package func allowsEverything(_ rights: Rights) -> Bool {
        let ofNames = rights.intersection(.ofNames)
        return general.isSuperset(of: rights) && limited.allSatisfy { $0.rights.isSuperset(of: ofNames) }
    }

    package func subtracting(_ rights: Rights) -> Grants {
        Grants(
            limited: limited.map { Limited(names: $0.names, rights: $0.rights.subtracting(rights)) },
            general: general.subtracting(rights))
    }

    package func allows(_ rights: Rights, on name: Span<UInt8>) -> Bool {
        for line in limited where line.names.matches(name) { return line.rights.isSuperset(of: rights) }
        return general.isSuperset(of: rights)
    }

    /// Whether every name that matches `pattern` is allowed. In doubt it is not.
    package func allows(_ rights: Rights, onAllMatching pattern: SQLPattern) -> Bool {
        for line in limited {
            let allows = line.rights.isSuperset(of: rights)
            if allows && line.names.contains(pattern) { return true }
            if !allows && line.names.mayOverlap(pattern) { return false }
        }
        return general.isSuperset(of: rights)
    }
}

extension SQLPattern {
    /// Whether all that `other` matches is matched by this, as far as the literal beginnings tell.
    fileprivate func contains(_ other: SQLPattern) -> Bool {
        if other.isLiteral { return matches(other.prefix) }
        return matchesWholePrefix && other.prefix.bytes.starts(with: prefix.bytes)
    }

    fileprivate func mayOverlap(_ other: SQLPattern) -> Bool {
        other.prefix.bytes.starts(with: prefix.bytes) || prefix.bytes.starts(with: other.prefix.bytes)
    }
}
