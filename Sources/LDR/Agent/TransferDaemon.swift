import Logging
import RLSCore
import RLSStorage

/// Fetches what the scheduler has queued, from several sources at a time.
package struct TransferDaemon: Sendable {
    private let agent: SourceAgent
    private let work: WorkDesk
    private let sources: Int
    private let incoming: [IncomingDirectory]
    private let isOff: @Sendable () -> Bool
    private let owner: String?
    private let cleaning: Duration
    private let logger: Logger
    private let rest: Duration
    private static let longestRest = Duration.seconds(3_600)

    /// - Parameters:
    ///   - sources: that are fetched from at a time
    ///   - incoming: directories in which files may have been left that are wanted no longer
    ///   - isOff: whether nothing may be fetched now; asked once a second
    ///   - owner: of the programs that are started, as in the agent's settings
    ///   - cleaning: how often leftovers are looked for in a pass that goes on
    ///   - rest: how long a source is left alone whose agent has failed, at first; twice as long after each failure more
    package init(
        _ agent: SourceAgent, work: WorkDesk, sources: Int, isOff: @escaping @Sendable () -> Bool = { false },
        incoming: [IncomingDirectory] = [], owner: String? = nil, cleaning: Duration = .seconds(3_600),
        rest: Duration = .seconds(60), logger: Logger
    ) {
        self.rest = rest
        self.cleaning = cleaning
        self.logger = logger
        self.agent = agent
        self.work = work
        self.sources = sources
        self.incoming = incoming
        self.isOff = isOff
        self.owner = owner
    }

    /// Fetches until the queues are empty. Cancelled, or when transfers are off, it ends what is under way and puts it back into
    /// the queue; what has come of it is kept.
    /// - Throws: what the agent of a source has failed with last, when all that could be fetched has been
    package func pass() async throws -> AgentOutcome {
        if let owner { await Survivors.end(of: owner) }
        _ = try await work.use { (store) throws(StorageError) in try store.recoverTransfers() }
        try await removeLeftovers()
        let round = await withTaskGroup(of: Step.self) { group in
            var (round, isTicking, cleaned) = (Round(), false, ContinuousClock.now)
            while !Task.isCancelled, !isOff() {
                for source in await startable(&round) {
                    round.busy.insert(source)
                    group.addTask { await run(source) }
                }
                if round.busy.isEmpty { break }
                if !isTicking { group.addTask { await Self.tick() } }
                isTicking = true
                let step = await group.next() ?? .tick
                if case .tick = step { isTicking = false }
                note(step, &round)
                // At a busy site a pass never ends. What goes wrong here, the next pass says.
                if .now - cleaned > cleaning {
                    try? await removeLeftovers()
                    cleaned = .now
                }
            }
            group.cancelAll()
            for await step in group { note(step, &round) }
            return round
        }
        if let failure = round.failure { throw failure }
        return round.outcome
    }

    private enum Step: Sendable {
        case done(String, AgentOutcome)
        case failed(String, any Error)
        case tick
    }

    private struct Round: Sendable {
        var outcome = AgentOutcome()
        var busy: Set<String> = []
        /// Sources whose agents have failed last, and why.
        var failures: [String: Failure] = [:]
        /// Why nobody can tell which sources wait.
        var lookFailure: (any Error)?

        var failure: (any Error)? { lookFailure ?? failures.values.first?.error }

        func mayStart(_ source: String) -> Bool {
            !busy.contains(source) && failures[source].map { .now >= $0.until } ?? true
        }
    }

    private struct Failure: Sendable {
        let error: any Error
        /// How often in a row.
        let times: Int
        /// Until when the source is left alone, while others go on.
        let until: ContinuousClock.Instant
    }

    private func note(_ step: Step, _ round: inout Round) {
        switch step {
        case .done(let source, let done):
            round.busy.remove(source)
            round.failures[source] = nil
            round.outcome.add(done)
        case .failed(let source, let error):
            round.busy.remove(source)
            let times = (round.failures[source]?.times ?? 0) + 1
            let rest = min(Self.longestRest, rest * (1 << min(times - 1, 16)))
            round.failures[source] = Failure(error: error, times: times, until: .now + rest)
            // The pass may go on for days.
            logger.error("transfers failed", metadata: ["source": "\(source)", "cause": "\(error)"])
        case .tick: break
        }
    }

    private func run(_ source: String) async -> Step {
        do { return .done(source, try await agent.empty(source)) } catch {
            // Where not even that is possible, the next pass does it.
            try? await work.use { (store) throws(StorageError) in try store.putBack(allFrom: source) }
            return .failed(source, error)
        }
    }

    /// Sources may come into the queue while others are busy for hours.
    private static func tick() async -> Step {
        try? await Task.sleep(for: .seconds(1))
        return .tick
    }

    private func startable(_ round: inout Round) async -> [String] {
        do {
            let waiting = try await work.use { (store) throws(StorageError) in try store.waitingSources() }
            round.lookFailure = nil
            return Array(waiting.filter { round.mayStart($0) }.prefix(max(0, sources - round.busy.count)))
        } catch {
            // While others are busy it is asked again, every second.
            if round.lookFailure == nil { logger.error("sources not known", metadata: ["cause": "\(error)"]) }
            round.lookFailure = error
            return []
        }
    }

    /// Numbers are given once, so nobody needs the files of a want that has gone.
    private func removeLeftovers() async throws {
        for directory in incoming {
            // One that cannot be read is told of when a file shall go there.
            // Numbers below 1 are of others: what moves off a partition that drains.
            guard let ids = try? directory.leftovers().map(\.id).filter({ $0 > 0 }), !ids.isEmpty else { continue }
            let needed = try await work.use { (store) throws(StorageError) in try store.unfinished(ids) }
            for id in ids where !needed.contains(id) && !agent.isUnderWay(id) { directory.remove(id) }
        }
    }
}

package struct AgentOutcome: Sendable, Equatable {
    /// Files that are here and registered.
    package var arrived = 0
    package var bytes: Int64 = 0
    package var failed = 0

    package init() {}

    mutating func add(_ other: AgentOutcome) {
        arrived += other.arrived
        bytes += other.bytes
        failed += other.failed
    }
}
