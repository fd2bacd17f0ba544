import RLSCore

/// A name as it is stored: what a B-tree entry has no room for goes on in a tail.
package struct StoredName: Sendable, Hashable {
    /// Two heads and a digest fit into an entry of 2704 bytes.
    static let headLength = 1_200

    let head: ByteString
    let tail: ByteString

    package init(_ name: ByteString) {
        if name.count <= Self.headLength {
            (head, tail) = (name, .empty)
        } else {
            head = ByteString(Array(name.bytes.prefix(Self.headLength)))
            tail = ByteString(Array(name.bytes.dropFirst(Self.headLength)))
        }
    }
}
