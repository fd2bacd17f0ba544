/// Who a client is, as far as the server knows.
package struct Identity: Hashable, Sendable {
    /// The distinguished name of the end entity, as `/O=Grid/CN=Alice`; `anonymous` without authentication.
    package let dn: String
    /// What the grid-mapfile calls the DN.
    package let localUsers: [String]
    /// Verified VOMS attributes, as `/vo/group/Role=role`.
    package let fqans: [String]
    package let isLimitedProxy: Bool

    package init(dn: String, localUsers: [String] = [], fqans: [String] = [], isLimitedProxy: Bool = false) {
        self.dn = dn
        self.localUsers = localUsers
        self.fqans = fqans
        self.isLimitedProxy = isLimitedProxy
    }

    /// Everyone on a server without authentication.
    package static let anonymous = Identity(dn: "anonymous")
}
