/// Tells when which pass of the reaper is due: one whole pass in an interval, and in between short ones for new files that wait.
/// What goes in all of them counts together.
package actor ReapTurns {
    package struct Turn: Sendable, Equatable {
        package let isWhole: Bool
        /// Copies that have gone in this interval.
        package let gone: Int
    }

    private let interval: Duration
    /// Between two short passes of which the first has removed nothing; twice as long after each more.
    private let shortest: Duration
    /// When this interval began.
    private var began: ContinuousClock.Instant?
    private var (isWholeDone, gone) = (false, 0)
    private var pause: Duration
    private var pausesUntil: ContinuousClock.Instant?

    package init(interval: Duration, shortest: Duration) {
        self.interval = interval
        self.shortest = min(shortest, interval)
        pause = self.shortest
    }

    /// - Returns: nil while there is nothing to be done
    package func next(at now: ContinuousClock.Instant = .now) -> Turn? {
        if began.map({ now - $0 >= interval }) ?? true {
            began = now
            (isWholeDone, gone) = (false, 0)
            (pause, pausesUntil) = (shortest, nil)
        }
        if isWholeDone, let pausesUntil, now < pausesUntil { return nil }
        return Turn(isWhole: !isWholeDone, gone: gone)
    }

    /// - Parameters:
    ///   - isComplete: false for a pass that ended with an error: it is due again
    ///   - removed: copies
    package func note(
        _ turn: Turn, isComplete: Bool, removed: Int, at now: ContinuousClock.Instant = .now
    ) {
        gone += removed
        if turn.isWhole {
            isWholeDone = isComplete
        } else if removed > 0 {
            (pause, pausesUntil) = (shortest, nil)
        } else {
            pausesUntil = now + pause
            pause = min(pause * 2, interval)
        }
    }
}
