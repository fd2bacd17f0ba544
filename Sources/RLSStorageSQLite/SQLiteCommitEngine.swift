import Logging
import NIOConcurrencyHelpers
import RLSCore
import RLSStorage

/// Applies groups of requests on the one connection that writes.
///
/// `@unchecked Sendable`: the commit queue calls it from one thread at a time, and nobody else does.
final class SQLiteCommitEngine: CommitEngine, @unchecked Sendable {
    private let transaction: SQLiteCatalogTransaction
    private let checkpointer: SQLiteCheckpointer
    private let commits: CommitSequence
    private let logger: Logger
    private let published: NIOLockedValueBox<CatalogCounts>

    init(
        _ connection: SQLiteConnection, checkpointer: SQLiteCheckpointer, commits: CommitSequence, logger: Logger
    ) throws(StorageError) {
        transaction = SQLiteCatalogTransaction(connection)
        self.checkpointer = checkpointer
        self.commits = commits
        self.logger = logger
        published = NIOLockedValueBox(try transaction.counts())
    }

    var counts: CatalogCounts { published.withLockedValue { $0 } }

    func commit(_ requests: [WriteRequest]) -> [WriteOutcome] {
        do {
            try transaction.begin()
            var outcomes: [WriteOutcome] = []
            outcomes.reserveCapacity(requests.count)
            for request in requests { outcomes.append(.success(try apply(request))) }
            let counts = try transaction.commit()
            published.withLockedValue { $0 = counts }
            commits.advance()
            checkpointer.committed()
            return outcomes
        } catch {
            transaction.rollback()
            logger.error("commit failed", metadata: ["cause": "\(error)", "requests": "\(requests.count)"])
            return requests.map { _ in .failure(error) }
        }
    }

    private func apply(_ request: WriteRequest) throws(StorageError) -> [ChangeFailure] {
        var failures: [ChangeFailure] = []
        for (index, change) in request.changes.enumerated() {
            if let error = try transaction.apply(change) { failures.append(ChangeFailure(index: index, error: error)) }
        }
        return failures
    }

    func becameIdle() { checkpointer.becameIdle() }
}
