/// Until when something is waited for.
struct Deadline: Sendable {
    private let end: ContinuousClock.Instant

    init(in time: Duration) { end = .now + time }

    var isPast: Bool { ContinuousClock.now >= end }
    var remaining: Duration { max(.zero, end - .now) }

    /// Rounded up: a poll that ends early would be repeated for nothing.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = remaining.components
        return Int32(min(seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1, Int64(Int32.max)))
    }
}
