import Synchronization

/// How many handshakes a server does at a time.
package final class HandshakeSlots: Sendable {
    private let taken = Atomic<Int>(0)

    package init() {}

    /// Each true must be followed by one `leave`.
    func enter(most: Int) -> Bool {
        if taken.wrappingAdd(1, ordering: .relaxed).newValue <= most { return true }
        leave()
        return false
    }

    func leave() { taken.wrappingSubtract(1, ordering: .relaxed) }
}
