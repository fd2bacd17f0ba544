import Logging
import NIOConcurrencyHelpers
import RLSCore
import RLSStorage

/// The statements of a write transaction on the writer's connection.
protocol SQLiteTransaction<Change>: AnyObject {
    associatedtype Change: SizedChange
    associatedtype Counts: Sendable
    var connection: SQLiteConnection { get }
    /// nil when the change was made.
    func apply(_ change: Change) throws(StorageError) -> CatalogError?
    func begin() throws(StorageError)
    func commit() throws(StorageError) -> Counts
    func counts() throws(StorageError) -> Counts
    /// After a commit, on the writer's thread.
    func committed()
}

extension SQLiteTransaction {
    func rollback() {
        // After some errors SQLite has rolled back by itself.
        if connection.isInTransaction { try? connection.execute("ROLLBACK") }
    }
}

/// Applies groups of requests on the one connection that writes.
///
/// `@unchecked Sendable`: the commit queue calls it from one thread at a time, and nobody else does.
final class SQLiteCommitEngine<Transaction: SQLiteTransaction>: CommitEngine, @unchecked Sendable {
    private let transaction: Transaction
    private let checkpointer: SQLiteCheckpointer
    private let commits: CommitSequence
    private let logger: Logger
    private let published: NIOLockedValueBox<Transaction.Counts>

    init(_ transaction: Transaction, database: SQLiteDatabase, logger: Logger) throws(StorageError) {
        self.transaction = transaction
        checkpointer = database.checkpointer
        commits = database.commits
        self.logger = logger
        published = NIOLockedValueBox(try transaction.counts())
    }

    var counts: Transaction.Counts { published.withLockedValue { $0 } }

    func commit(_ requests: [WriteRequest<Transaction.Change>]) -> [WriteOutcome] {
        do {
            try transaction.begin()
            var outcomes: [WriteOutcome] = []
            outcomes.reserveCapacity(requests.count)
            for request in requests { outcomes.append(.success(try apply(request))) }
            let counts = try transaction.commit()
            published.withLockedValue { $0 = counts }
            commits.advance()
            transaction.committed()
            checkpointer.committed()
            return outcomes
        } catch {
            transaction.rollback()
            logger.error("commit failed", metadata: ["cause": "\(error)", "requests": "\(requests.count)"])
            return requests.map { _ in .failure(error) }
        }
    }

    private func apply(_ request: WriteRequest<Transaction.Change>) throws(StorageError) -> [ChangeFailure] {
        var failures: [ChangeFailure] = []
        for (index, change) in request.changes.enumerated() {
            if let error = try transaction.apply(change) { failures.append(ChangeFailure(index: index, error: error)) }
        }
        return failures
    }

    func becameIdle() { checkpointer.becameIdle() }
}
