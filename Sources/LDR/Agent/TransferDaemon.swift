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

    /// - Parameters:
    ///   - sources: that are fetched from at a time
    ///   - incoming: directories in which files may have been left that are wanted no longer
    ///   - isOff: whether nothing may be fetched now; asked once a second
    ///   - owner: of the programs that are started, as in the agent's settings
    package init(
        _ agent: SourceAgent, work: WorkDesk, sources: Int, isOff: @escaping @Sendable () -> Bool = { false },
        incoming: [IncomingDirectory] = [], owner: String? = nil
    ) {
        self.agent = agent
        self.work = work
        self.sources = sources
        self.incoming = incoming
        self.isOff = isOff
        self.owner = owner
    }

    /// Fetches until the queues are empty. Cancelled, or when transfers are off, it ends what is under way and puts it back into
    /// the queue; what has come of it is kept.
    /// - Throws: `StorageError`
    package func pass() async throws -> AgentOutcome {
        if let owner { await Survivors.end(of: owner) }
        _ = try await work.use { (store) throws(StorageError) in try store.recoverTransfers() }
        try await removeLeftovers()
        return try await withThrowingTaskGroup(of: Step.self) { group in
            var (outcome, busy, isTicking) = (AgentOutcome(), Set<String>(), false)
            while !Task.isCancelled, !isOff() {
                for source in try await startable(busy) {
                    busy.insert(source)
                    group.addTask { [agent] in .done(source, try await agent.empty(source)) }
                }
                if busy.isEmpty { break }
                if !isTicking { group.addTask { await Self.tick() } }
                isTicking = true
                switch try await group.next() {
                case .done(let source, let done):
                    busy.remove(source)
                    outcome.add(done)
                case .tick, nil: isTicking = false
                }
            }
            group.cancelAll()
            for try await case .done(_, let done) in group { outcome.add(done) }
            return outcome
        }
    }

    private enum Step: Sendable {
        case done(String, AgentOutcome)
        case tick
    }

    /// Sources may come into the queue while others are busy for hours.
    private static func tick() async -> Step {
        try? await Task.sleep(for: .seconds(1))
        return .tick
    }

    private func startable(_ busy: Set<String>) async throws -> some Sequence<String> {
        let waiting = try await work.use { (store) throws(StorageError) in try store.waitingSources() }
        return waiting.filter { !busy.contains($0) }.prefix(max(0, sources - busy.count))
    }

    /// Before anything is under way. Numbers are given once, so nobody needs the files of a want that has gone.
    private func removeLeftovers() async throws {
        for directory in incoming {
            // One that cannot be read is told of when a file shall go there.
            // Numbers below 1 are of others: what moves off a partition that drains.
            guard let ids = try? directory.leftovers().map(\.id).filter({ $0 > 0 }), !ids.isEmpty else { continue }
            let needed = try await work.use { (store) throws(StorageError) in try store.unfinished(ids) }
            for id in ids where !needed.contains(id) { directory.remove(id) }
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
