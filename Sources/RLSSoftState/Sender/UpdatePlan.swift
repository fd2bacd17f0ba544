/// Decides what an index server is to be sent, and when. No clock, no network: times are milliseconds that the caller gives.
struct UpdatePlan: Sendable, Equatable {
    struct Settings: Sendable, Equatable {
        /// Between updates, of whatever kind: what the receiver is told to expect.
        var interval: Int
        var isImmediate = false
        /// Full updates are so many times rarer while immediate ones succeed.
        var factor = 1
        /// How long changes are gathered, and how many at most.
        var bufferDelay = 30_000
        var bufferCount = 200
        /// Longest pause before a failed update is tried again.
        var retry = 300_000

        var fullInterval: Int { isImmediate ? interval * factor : interval }
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
    /// What the receiver was told last: a longer interval counts only when it knows of it.
    private var told = Int.max
    private var needsContact = false
    /// Below 1: no two servers keep step for long.
    private var spread = 1.0

    init() {}

    func next(at now: Int, _ settings: Settings) -> Step {
        if let retryTime, now < retryTime { return .wait(until: retryTime) }
        guard let lastFull, let lastSuccess, !needsFull else { return .full }
        let fullTime = lastFull + Int(Double(settings.fullInterval) * spread)
        if now >= fullTime { return .full }
        // With nothing to tell, that nothing has changed: otherwise the receiver would think that we are gone.
        let contactTime = lastSuccess + Int(Double(min(settings.interval, told)) * spread)
        if needsContact || now >= contactTime { return .changes }
        let due = min(fullTime, contactTime)
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

    /// What waited is on its way: what comes, or is asked for, from now on waits anew.
    mutating func began(full: Bool) {
        waiting = 0
        firstWaiting = nil
        if full { needsFull = false }
    }

    mutating func succeeded(full: Bool, at now: Int, _ settings: Settings, random: Double) {
        lastSuccess = now
        failures = 0
        retryTime = nil
        needsContact = false
        told = settings.interval
        guard full else { return }
        lastFull = now
        spread = 1 - 0.1 * random
    }

    /// A full update follows, after a pause that doubles each time.
    mutating func failed(at now: Int, _ settings: Settings, random: Double) {
        needsFull = true
        failures += 1
        let pause = min(Self.firstRetry << min(failures - 1, 20), settings.retry)
        retryTime = now + Int(Double(pause) * (0.75 + 0.5 * random))
    }

    /// The connection ended: perhaps the receiver, and what it knew.
    mutating func lostConnection(at now: Int) {
        needsContact = true
        retryTime = max(retryTime ?? 0, now + Self.firstRetry)
    }

    /// Somebody asks for a full update now.
    mutating func demandFull() {
        needsFull = true
        retryTime = nil
    }
}
