/// Who a client is, as far as the server knows.
package struct Identity: Hashable, Sendable {
    /// The distinguished name of the end entity, as `/O=Grid/CN=Alice`; `anonymous` without authentication.
    package let dn: String
    /// What the grid-mapfile calls the DN.
    package let localUsers: [String]
    /// Verified VOMS attributes, as `/vo/group/Role=role`.
    package let fqans: [String]
    package let isLimitedProxy: Bool
    /// Whoever is on the path may have sent or altered what comes in this name.
    package let isChannelClear: Bool

    package init(
        dn: String, localUsers: [String] = [], fqans: [String] = [], isLimitedProxy: Bool = false,
        isChannelClear: Bool = false
    ) {
        self.dn = dn
        self.localUsers = localUsers
        self.fqans = fqans
        self.isLimitedProxy = isLimitedProxy
        self.isChannelClear = isChannelClear
    }

    package func mapped(by map: GridMap) -> Identity {
        Identity(
            dn: dn, localUsers: map.localUsers(of: dn), fqans: fqans, isLimitedProxy: isLimitedProxy,
            isChannelClear: isChannelClear)
    }

    /// Everyone on a server without authentication.
    package static let anonymous = Identity(dn: "anonymous")
}
