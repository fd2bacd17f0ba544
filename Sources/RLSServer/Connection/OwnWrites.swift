import NIOCore

/// Whether a client must be told the present state because of what it has written itself.
struct OwnWrites {
    private let staleness: TimeAmount
    private var last: NIODeadline?

    /// - Parameter staleness: how old other reads may be; what was written before that, they show
    init(staleness: Duration) {
        let (seconds, attoseconds) = staleness.components
        self.staleness = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    mutating func note(at now: NIODeadline) { last = now }

    func mustBeSeen(at now: NIODeadline) -> Bool { last.map { now - $0 <= staleness } ?? false }
}
