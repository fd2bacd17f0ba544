import Synchronization

/// Counts durable commits. A reader whose snapshot has an older number takes a new one.
final class CommitSequence: Sendable {
    private let number = Atomic<Int>(0)

    var current: Int { number.load(ordering: .acquiring) }
    func advance() { number.add(1, ordering: .releasing) }
}
