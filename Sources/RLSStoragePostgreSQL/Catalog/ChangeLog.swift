import Dispatch
import Foundation
import Logging
import NIOConcurrencyHelpers
import RLSCore
import RLSStorage

/// Follows what is committed by all servers that share the catalog, in the order of the commits, and tells the observer. A
/// thread of its own looks a few times a second, and at once after a commit of this server.
final class ChangeLog: Sendable {
    private static let interval = DispatchTimeInterval.milliseconds(100)
    private static let idleInterval = DispatchTimeInterval.seconds(1)

    /// Work for a moment in which nobody commits.
    private struct Pause {
        let work: @Sendable () -> Void
        let done: @Sendable (StorageError?) -> Void
    }

    private struct State {
        var isFollowing = false
        var pauses: [Pause] = []
        var isClosed = false
    }

    private let observer = CommitObserver()
    private let counts: PublishedCounts<CatalogCounts>
    private let state = NIOLockedValueBox(State())
    private let signal = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let logger: Logger

    init(_ settings: PostgreSQLSettings, gate: SchemaGate, counts: PublishedCounts<CatalogCounts>, logger: Logger) {
        self.counts = counts
        self.logger = logger
        let thread = Thread { [self] in
            // A stop waits for this thread; others wait for a lock no longer than they would for a commit.
            var settings = settings
            settings.patience = min(settings.patience, .seconds(5))
            var follower = LogFollower(PostgreSQLSession(settings, gate: gate), counts: counts, observer: observer)
            run(&follower)
            ended.signal()
        }
        thread.name = "change-log"
        thread.start()
    }

    func observe(_ observer: @escaping @Sendable ([CatalogEvent]) -> Void) { self.observer.set(observer) }

    /// Something has been committed.
    func wake() { if state.withLockedValue({ $0.isFollowing }) { signal.signal() } }

    /// From now on the observer is told; what was before it must read itself.
    func follow(_ isFollowing: Bool) {
        state.withLockedValue { $0.isFollowing = isFollowing }
        signal.signal()
    }

    /// Nothing is committed while `work` runs, and all that was before has been told.
    func betweenCommits(_ work: @escaping @Sendable () -> Void) throws(StorageError) {
        let outcome = NIOLockedValueBox<StorageError?>(nil)
        let done = DispatchSemaphore(value: 0)
        let pause = Pause(work: work) { error in
            outcome.withLockedValue { $0 = error }
            done.signal()
        }
        let isQueued = state.withLockedValue { state in
            if !state.isClosed { state.pauses.append(pause) }
            return !state.isClosed
        }
        guard isQueued else { throw StorageError(.closed, "the store is shut down") }
        signal.signal()
        done.wait()
        if let error = outcome.withLockedValue({ $0 }) { throw error }
    }

    func shutdown() {
        state.withLockedValue { $0.isClosed = true }
        signal.signal()
        ended.wait()
    }

    // MARK: On the thread

    private func run(_ follower: inout LogFollower) {
        var hasFailed = false
        while true {
            let (isFollowing, pauses, isClosed) = state.withLockedValue { state in
                (state.isFollowing, exchange(&state.pauses, with: []), state.isClosed)
            }
            if isClosed {
                for pause in pauses { pause.done(StorageError(.closed, "the store is shut down")) }
                return
            }
            do throws(StorageError) {
                if pauses.isEmpty {
                    try follower.look(isFollowing: isFollowing)
                } else {
                    try follower.pause(isFollowing: isFollowing) { for pause in pauses { pause.work() } }
                }
                for pause in pauses { pause.done(nil) }
                hasFailed = false
            } catch {
                for pause in pauses { pause.done(error) }
                if !hasFailed { logger.error("database not read", metadata: ["cause": "\(error)"]) }
                hasFailed = true
            }
            _ = signal.wait(timeout: .now() + (isFollowing ? Self.interval : Self.idleInterval))
            // One look serves all who have called meanwhile.
            while signal.wait(timeout: .now()) == .success {}
        }
    }
}

/// Reads the log; on the log's thread.
struct LogFollower {
    private let session: PostgreSQLSession
    private let counts: PublishedCounts<CatalogCounts>
    private let observer: CommitObserver
    /// Of the last commit that was told; nil while nothing is to be told.
    private var position: Int?
    private var pruned = 0

    init(_ session: PostgreSQLSession, counts: PublishedCounts<CatalogCounts>, observer: CommitObserver) {
        self.session = session
        self.counts = counts
        self.observer = observer
    }

    /// - Returns: the number of the last logged commit
    @discardableResult
    static func readCounts(
        _ session: PostgreSQLSession, into counts: PublishedCounts<CatalogCounts>, by deadline: Deadline
    ) throws(StorageError) -> Int {
        let publications = counts.publications
        let state = try session.run(by: deadline) { (connection, deadline) throws(StorageError) in
            try connection.query(CatalogSQL.state, by: deadline)
        }
        guard state.count == 1 else { throw StorageError(.notADatabase, "the catalog's state is missing") }
        let found = CatalogCounts(lfns: state.integer(0, 1), pfns: state.integer(0, 2), mappings: state.integer(0, 3))
        counts.publish(found, after: publications)
        return state.integer(0, 0)
    }

    mutating func look(isFollowing: Bool) throws(StorageError) {
        let change = try Self.readCounts(session, into: counts, by: session.deadline)
        note(change, isFollowing: isFollowing)
        let session = self.session
        try tell(upTo: change) { (parameters) throws(StorageError) in
            try session.run { (connection, deadline) throws(StorageError) in
                try connection.query(CatalogSQL.changes, parameters, by: deadline)
            }
        }
        try prune()
    }

    private mutating func note(_ change: Int, isFollowing: Bool) {
        guard isFollowing else {
            position = nil
            return
        }
        // A primary that knows less than the one before it has another history.
        if let told = position, change < told { observer.tell([.missed]) }
        position = min(position ?? change, change)
    }

    /// Everybody who wants to commit waits for the row that is locked here.
    mutating func pause(isFollowing: Bool, _ work: () -> Void) throws(StorageError) {
        // Most of what is to be told, while others still may write.
        try look(isFollowing: isFollowing)
        let (connection, change) = try session.run { (connection, deadline) throws(StorageError) in
            try connection.send("BEGIN")
            try connection.send(CatalogSQL.lockState)
            return (connection, try connection.results(by: deadline).last?.integer(0, 0) ?? 0)
        }
        note(change, isFollowing: isFollowing)
        let session = self.session
        do throws(StorageError) {
            // On this connection: with another the lock would be lost, and with it the moment.
            try tell(upTo: change) { (parameters) throws(StorageError) in
                try connection.query(CatalogSQL.changes, parameters, by: session.deadline)
            }
            work()
            _ = try connection.query("COMMIT", by: session.deadline)
        } catch {
            connection.rollback(by: session.deadline)
            throw error
        }
    }

    private mutating func tell(
        upTo change: Int, read: (PostgreSQLParameters) throws(StorageError) -> PostgreSQLResult
    ) throws(StorageError) {
        while let from = position, from < change {
            var parameters = PostgreSQLParameters()
            parameters.add(from)
            let rows = try read(parameters)
            guard rows.count > 0, rows.integer(0, 0) == from + 1 else {
                position = change
                return observer.tell([.missed])
            }
            for row in 0..<rows.count {
                observer.tell(CatalogEventCoding.decode(rows.bytes(row, 1)) ?? [.missed])
                position = rows.integer(row, 0)
            }
        }
    }

    /// What has been told, nobody needs any more.
    private mutating func prune() throws(StorageError) {
        guard let position, position >= pruned + 1_000 else { return }
        try session.run { (connection, deadline) throws(StorageError) in
            var parameters = PostgreSQLParameters()
            parameters.add(position)
            try connection.send(CatalogSQL.prune, parameters)
            try connection.send(CatalogSQL.forgetWriters)
            _ = try connection.results(by: deadline)
        }
        pruned = position
    }
}
