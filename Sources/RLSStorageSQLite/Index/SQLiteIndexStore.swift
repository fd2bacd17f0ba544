import Logging
import RLSCore
import RLSStorage

/// An index's lists in one SQLite file.
package final class SQLiteIndexStore: IndexStore {
    private let readers: SQLiteReaderSource
    private let commits: CommitSequence
    private let engine: SQLiteCommitEngine<SQLiteIndexTransaction>
    private let queue: CommitQueue<IndexChange>
    private let close: @Sendable () -> Void

    /// Opens or creates the file and brings its schema up to date.
    package init(path: String, options: SQLiteOptions = SQLiteOptions(), logger: Logger) throws(StorageError) {
        let database = try SQLiteDatabase(.index, path: path, options: options, logger: logger)
        readers = SQLiteReaderSource(path: path, cacheKiB: options.readerCacheKiB)
        commits = database.commits
        engine = try SQLiteCommitEngine(
            try SQLiteIndexTransaction(database.writer), database: database, logger: logger)
        queue = CommitQueue(engine: engine)
        close = database.closer
    }

    package var counts: IndexCounts { engine.counts }

    package func submit(_ request: WriteRequest<IndexChange>) { queue.submit(request) }

    package func makeReader() throws(StorageError) -> any IndexReader {
        try SQLiteIndexReader(readers.open(), commits: commits)
    }

    package func shutdown() {
        queue.shutdown()
        close()
    }
}
