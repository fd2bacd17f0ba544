import Dispatch
import Logging
import RLSCore
import RLSStorage

/// A catalog in one SQLite file.
package final class SQLiteCatalogStore: CatalogStore {
    package typealias Options = SQLiteOptions

    private let readers: SQLiteReaderSource
    private let commits: CommitSequence
    private let observer: CommitObserver
    private let engine: SQLiteCommitEngine<SQLiteCatalogTransaction>
    private let queue: CommitQueue<Change>
    private let close: @Sendable () -> Void

    /// Opens or creates the file and brings its schema up to date.
    package init(path: String, options: Options = Options(), logger: Logger) throws(StorageError) {
        let database = try SQLiteDatabase(.catalog, path: path, options: options, logger: logger)
        readers = SQLiteReaderSource(path: path, cacheKiB: options.readerCacheKiB)
        commits = database.commits
        observer = CommitObserver()
        engine = try SQLiteCommitEngine(
            SQLiteCatalogTransaction(database.writer, observer: observer), database: database, logger: logger)
        queue = CommitQueue(engine: engine)
        close = database.closer
    }

    package var counts: CatalogCounts { engine.counts }

    package func submit(_ request: WriteRequest<Change>) { queue.submit(request) }

    package func observe(_ observer: @escaping @Sendable ([CatalogEvent]) -> Void) { self.observer.set(observer) }

    package func betweenCommits(_ work: @escaping @Sendable () -> Void) throws(StorageError) {
        let done = DispatchSemaphore(value: 0)
        let isQueued = queue.betweenCommits {
            work()
            done.signal()
        }
        guard isQueued else { throw StorageError(.closed, "the store is shut down") }
        done.wait()
    }

    package func makeReader() throws(StorageError) -> any CatalogReader {
        try SQLiteCatalogReader(readers.open(), commits: commits)
    }

    package func shutdown() {
        queue.shutdown()
        close()
    }
}
