/// Decides what an index server is to be sent, and when. No clock, no network: times are milliseconds that the caller gives.
struct UpdatePlan: Sendable, Equatable {
    struct Settings: Sendable, Equatable {
        /// Between full updates.
        var interval: Int
        var isImmediate = false
        /// Full updates are so many times rarer while immediate ones succeed.
        var factor = 1
        /// How long changes are gathered, and how many at most.
        var bufferDelay = 30_000
        var bufferCount = 200
        /// Longest pause before a failed update is tried again.
        var retry = 300_000

        /// What the receiver is told to expect.
        var toldInterval: Int { isImmediate ? interval * factor : interval }
    }

    enum Step: Sendable, Equatable {
        case full
        case changes
        case wait(until: Int)
    }

    private static let firstRetry = 1_000

    private(set) var lastFull: Int?
    private(set) var lastSuccess: Int?
    private(set) var waiting = 0
    private var firstWaiting: Int?
    private var needsFull = false
    private var failures = 0
    private var retryTime: Int?
    /// Below 1: no two servers keep step for long.
    private var spread = 1.0

    init() {}

    /// One that goes on from what an earlier run is known to have done.
    init(lastFull: Int) {
        self.lastFull = lastFull
        lastSuccess = lastFull
    }

    func next(at now: Int, _ settings: Settings) -> Step {
        if let retryTime, now < retryTime { return .wait(until: retryTime) }
        guard let lastFull, !needsFull else { return .full }
        let due = lastFull + Int(Double(settings.toldInterval) * spread)
        if now >= due { return .full }
        guard settings.isImmediate, let firstWaiting else { return .wait(until: due) }
        if waiting >= settings.bufferCount || now >= firstWaiting + settings.bufferDelay { return .changes }
        return .wait(until: min(due, firstWaiting + settings.bufferDelay))
    }

    /// When the next update is due, for people.
    func nextTime(at now: Int, _ settings: Settings) -> Int {
        if case .wait(let time) = next(at: now, settings) { time } else { now }
    }

    // MARK: What happens

    mutating func changesWait(_ count: Int, at now: Int) {
        waiting = count
        firstWaiting = count == 0 ? nil : firstWaiting ?? now
    }

    /// What waited is on its way: what comes from now on waits anew.
    mutating func began() {
        waiting = 0
        firstWaiting = nil
    }

    mutating func succeeded(full: Bool, at now: Int, random: Double) {
        lastSuccess = now
        failures = 0
        retryTime = nil
        guard full else { return }
        lastFull = now
        needsFull = false
        spread = 1 - 0.1 * random
    }

    /// A full update follows, after a pause that doubles each time.
    mutating func failed(at now: Int, _ settings: Settings, random: Double) {
        needsFull = true
        failures += 1
        let pause = min(Self.firstRetry << min(failures - 1, 20), settings.retry)
        retryTime = now + Int(Double(pause) * (0.75 + 0.5 * random))
    }

    /// Somebody asks for a full update now.
    mutating func demandFull() {
        needsFull = true
        retryTime = nil
    }
}
