import Logging
import RLSCore
import RLSStorage

/// Fetches what the scheduler has queued, from several sources at a time.
package struct TransferDaemon: Sendable {
    private let agent: SourceAgent
    private let work: WorkDesk
    private let sources: Int
    private let incoming: [IncomingDirectory]

    /// - Parameters:
    ///   - sources: that are fetched from at a time
    ///   - incoming: directories in which files may have been left that are wanted no longer
    package init(_ agent: SourceAgent, work: WorkDesk, sources: Int, incoming: [IncomingDirectory] = []) {
        self.agent = agent
        self.work = work
        self.sources = sources
        self.incoming = incoming
    }

    /// Fetches until the queues are empty. Cancelled, it ends what is under way and puts it back into the queue.
    /// - Throws: `StorageError`
    package func pass() async throws -> AgentOutcome {
        _ = try await work.use { (store) throws(StorageError) in try store.recoverTransfers() }
        try await removeLeftovers()
        var outcome = AgentOutcome()
        while !Task.isCancelled {
            let waiting = try await work.use { (store) throws(StorageError) in try store.waitingSources() }
            if waiting.isEmpty { break }
            outcome.add(try await fetch(waiting))
        }
        return outcome
    }

    /// Before anything is under way: the number of a want that was withdrawn may be given to another.
    private func removeLeftovers() async throws {
        for directory in incoming {
            // One that cannot be read is told of when a file shall go there.
            guard let ids = try? directory.leftovers().map(\.id), !ids.isEmpty else { continue }
            let needed = try await work.use { (store) throws(StorageError) in try store.unfinished(ids) }
            for id in ids where !needed.contains(id) { directory.remove(id) }
        }
    }

    private func fetch(_ waiting: [String]) async throws -> AgentOutcome {
        try await withThrowingTaskGroup(of: AgentOutcome.self) { group in
            var outcome = AgentOutcome()
            for (index, source) in waiting.enumerated() {
                if index >= sources, let done = try await group.next() { outcome.add(done) }
                group.addTask { [agent] in try await agent.empty(source) }
            }
            for try await done in group { outcome.add(done) }
            return outcome
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
