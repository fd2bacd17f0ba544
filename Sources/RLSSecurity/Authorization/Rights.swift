/// What a client may do. The names are the original's.
package struct Rights: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let lrcRead = Rights(rawValue: 1)
    package static let lrcUpdate = Rights(rawValue: 2)
    package static let rliRead = Rights(rawValue: 4)
    package static let rliUpdate = Rights(rawValue: 8)
    package static let admin = Rights(rawValue: 16)
    package static let stats = Rights(rawValue: 32)
    package static let all = Rights(rawValue: 63)
    /// Those that are about logical names, and may be limited to some.
    package static let ofNames: Rights = [.lrcRead, .lrcUpdate, .rliRead]

    package static let names: [(name: String, right: Rights)] = [
        ("lrc_read", .lrcRead), ("lrc_update", .lrcUpdate), ("rli_read", .rliRead), ("rli_update", .rliUpdate),
        ("admin", .admin), ("stats", .stats), ("all", .all),
    ]

    package init?(name: some StringProtocol) {
        guard let found = Self.names.first(where: { $0.name == name }) else { return nil }
        self = found.right
    }

    package var description: String {
        if self == .all { return "all" }
        return Self.names.filter { $0.right != .all && contains($0.right) }.map(\.name).joined(separator: " ")
    }
}
