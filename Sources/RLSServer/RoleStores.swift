import RLSStorage

struct RoleSet: OptionSet {
    static let catalog = RoleSet(rawValue: 1)
    static let index = RoleSet(rawValue: 2)
    static let both: RoleSet = [.catalog, .index]

    let rawValue: UInt8

    func has(_ role: Role) -> Bool {
        switch role {
        case .any: false
        case .catalog: contains(.catalog)
        case .index: contains(.index)
        }
    }
}

/// The stores of a server's roles.
struct RoleStores: Sendable {
    let catalog: (any CatalogStore)?
    let index: (any IndexStore)?

    /// Those that do not answer in place.
    var remote: RoleSet {
        var roles: RoleSet = []
        if catalog?.answersInPlace == false { roles.insert(.catalog) }
        if index?.answersInPlace == false { roles.insert(.index) }
        return roles
    }

    /// Those that an event loop may read.
    var inPlace: RoleStores { only(RoleSet.both.subtracting(remote)) }

    func only(_ roles: RoleSet) -> RoleStores {
        RoleStores(catalog: roles.contains(.catalog) ? catalog : nil, index: roles.contains(.index) ? index : nil)
    }

    func makeReaders() throws(StorageError) -> RoleReaders {
        RoleReaders(catalog: try catalog?.makeReader(), index: try index?.makeReader(), remote: remote)
    }
}
