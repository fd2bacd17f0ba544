import Logging
import NIOConcurrencyHelpers
import RLSCore
import RLSStorage

/// A write transaction of many changes: reads all that they need in one journey, decides, and writes in another.
protocol PostgreSQLTransaction<Change>: AnyObject {
    associatedtype Change: SizedChange
    associatedtype Counts: Sendable
    /// Where the tables are.
    static var schema: String { get }
    /// Locks out other writers and learns what the changes are about.
    /// - Returns: the number of this server's last commit that the database has
    func begin(
        _ changes: [Change], as writer: ServerID, on connection: PostgreSQLConnection, by deadline: Deadline
    ) throws(StorageError) -> Int
    /// nil when the change was made.
    func apply(_ change: Change) throws(StorageError) -> CatalogError?
    /// Queues what is to be written, all but the COMMIT.
    func finish() throws(StorageError) -> Counts
    /// After the commit, on the writer's thread.
    func committed()
    /// After a failure: lets go of the connection.
    func abandoned()
}

/// Applies groups of requests, each as one transaction. What gets in the way for a while is tried again.
///
/// `@unchecked Sendable`: the commit queue calls it from one thread at a time, and nobody else does.
final class PostgreSQLCommitEngine<Transaction: PostgreSQLTransaction>: CommitEngine, @unchecked Sendable {
    /// A commit whose answer has been lost.
    private struct Unanswered {
        let outcomes: [WriteOutcome]
        let counts: Transaction.Counts
    }

    private let transaction: Transaction
    private let session: PostgreSQLSession
    private let writer: ServerID
    private let logger: Logger
    private let published: PublishedCounts<Transaction.Counts>
    private var commits = 0
    /// The last group failed because nobody was there: the next does not wait as long again.
    private var isDown = false
    private let isGivingUp = NIOLockedValueBox(false)

    init(
        _ transaction: Transaction, session: PostgreSQLSession, writer: ServerID,
        counts: PublishedCounts<Transaction.Counts>, logger: Logger
    ) {
        self.transaction = transaction
        self.session = session
        self.writer = writer
        self.logger = logger
        published = counts
    }

    func commit(_ requests: [WriteRequest<Transaction.Change>]) -> [WriteOutcome] {
        let size = requests.reduce(0) { $0 + $1.size }
        // Much work takes its time.
        let deadline = Deadline(in: session.settings.patience + .milliseconds(size))
        let connectionDeadline = isDown ? Deadline(in: .seconds(1)) : deadline
        var pause = Backoff()
        var unanswered: Unanswered?
        while true {
            do throws(StorageError) {
                if isDown && isGivingUp.withLockedValue({ $0 }) {
                    throw StorageError(.closed, "the store is shut down")
                }
                let connection = try session.connected(by: connectionDeadline)
                let outcomes = try attempt(requests, &unanswered, on: connection, by: deadline)
                isDown = false
                return outcomes
            } catch {
                let mayTryAgain = error.isPassing && !isGivingUp.withLockedValue { $0 }
                if mayTryAgain && pause.wait(by: isDown ? connectionDeadline : deadline) { continue }
                isDown = error.isPassing || error.reason == .timedOut
                return failed(requests, unanswered == nil ? error : StorageError(.undecided, error.message))
            }
        }
    }

    private func failed(_ requests: [WriteRequest<Transaction.Change>], _ error: StorageError) -> [WriteOutcome] {
        logger.error("commit failed", metadata: ["cause": "\(error)", "requests": "\(requests.count)"])
        return requests.map { _ in .failure(error) }
    }

    private func attempt(
        _ requests: [WriteRequest<Transaction.Change>], _ unanswered: inout Unanswered?,
        on connection: PostgreSQLConnection, by deadline: Deadline
    ) throws(StorageError) -> [WriteOutcome] {
        var isCommitSent = false
        do throws(StorageError) {
            let changes = requests.count == 1 ? requests[0].changes : requests.flatMap(\.changes)
            let last = try transaction.begin(changes, as: writer, on: connection, by: deadline)
            if let lost = unanswered, last == commits + 1 {
                // It was made; a commit behind it waits for the standbys that it did not wait for.
                _ = try connection.query("COMMIT", by: deadline)
                return finished(lost)
            }
            (unanswered, commits) = (nil, last)
            var outcomes: [WriteOutcome] = []
            outcomes.reserveCapacity(requests.count)
            for request in requests { outcomes.append(.success(try apply(request))) }
            let counts = try transaction.finish()
            try markCommit(connection)
            try connection.send("COMMIT")
            let result = Unanswered(outcomes: outcomes, counts: counts)
            unanswered = result
            isCommitSent = true
            _ = try connection.results(by: deadline)
            return finished(result)
        } catch {
            // A refusal by the server is an answer: nothing was committed.
            if isCommitSent && !connection.isBroken { unanswered = nil }
            transaction.abandoned()
            session.recover()
            throw error
        }
    }

    /// So that a commit without an answer can be told from none.
    private func markCommit(_ connection: PostgreSQLConnection) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(writer)
        parameters.add(commits + 1)
        try connection.send(
            """
            INSERT INTO \(Transaction.schema).writer (id, commits) VALUES ($1, $2)
            ON CONFLICT (id) DO UPDATE SET commits = excluded.commits, written = now()
            """, parameters)
    }

    private func finished(_ result: Unanswered) -> [WriteOutcome] {
        commits += 1
        published.publish(result.counts)
        transaction.committed()
        return result.outcomes
    }

    private func apply(_ request: WriteRequest<Transaction.Change>) throws(StorageError) -> [ChangeFailure] {
        var failures: [ChangeFailure] = []
        for (index, change) in request.changes.enumerated() {
            if let error = try transaction.apply(change) { failures.append(ChangeFailure(index: index, error: error)) }
        }
        return failures
    }

    func becameIdle() {}

    /// From now on nothing is tried again: the server stops.
    func giveUp() { isGivingUp.withLockedValue { $0 = true } }
}
