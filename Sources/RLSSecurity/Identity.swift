/// Who a client is, as far as the server knows.
package struct Identity: Hashable, Sendable {
    /// The name that access lines are matched with.
    package let name: String

    package init(name: String) { self.name = name }

    /// Everyone on a server without authentication.
    package static let anonymous = Identity(name: "anonymous")
}
