import Logging
import RLSCore
import RLSSchema
import RLSStorage

/// A catalog in one SQLite file with a write-ahead log.
///
/// Durability: an acknowledged change was followed by fdatasync of the log (WAL, synchronous=FULL); it survives kill -9 and
/// loss of power.
package final class SQLiteCatalogStore: CatalogStore {
    package struct Options: Sendable {
        /// How long a write waits for a lock that another program holds, in milliseconds.
        package var busyTimeout: Int32 = 5_000
        /// Page cache of the writer and of each reader.
        package var writerCacheKiB = 32_768
        package var readerCacheKiB = 16_384
        /// Pages the file may have; 0 for no limit but the disk.
        package var maximumPages = 0

        package init() {}
    }

    private let path: String
    private let lock: FileLock
    private let options: Options
    private let commits = CommitSequence()
    private let engine: SQLiteCommitEngine
    private let checkpointer: SQLiteCheckpointer
    private let queue: CommitQueue

    /// Opens or creates the file and brings its schema up to date.
    package init(path: String, options: Options = Options(), logger: Logger) throws(StorageError) {
        self.path = path
        self.options = options
        lock = try FileLock(path + ".lock")
        let writer = try SQLiteConnection(
            path: path, access: .create, busyTimeout: options.busyTimeout, cacheKiB: options.writerCacheKiB)
        if writer.isReadOnly {
            throw StorageError(
                .readOnly, "\(path): cannot be written; let the server's user write to the file and its directory")
        }
        try SQLiteMigrations.check(Schema.sqliteCatalog, writer)
        // For a new file. Against 4 KiB: fewer levels, 3 % less space, half the pages to split; a lone commit writes more.
        try writer.execute("PRAGMA page_size = 8192")
        try writer.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF")
        try SQLiteMigrations.apply(Schema.sqliteCatalog, to: writer)
        if options.maximumPages > 0 { try writer.execute("PRAGMA max_page_count = \(options.maximumPages)") }
        let helper = try SQLiteConnection(
            path: path, access: .existing, busyTimeout: options.busyTimeout, cacheKiB: 1_024)
        checkpointer = SQLiteCheckpointer(writer: writer, helper: helper, logger: logger)
        engine = try SQLiteCommitEngine(writer, checkpointer: checkpointer, commits: commits, logger: logger)
        queue = CommitQueue(engine: engine)
    }

    package var counts: CatalogCounts { engine.counts }

    package func submit(_ request: WriteRequest) { queue.submit(request) }

    /// A reader never waits long for a lock: it may serve an event loop.
    package func makeReader() throws(StorageError) -> any CatalogReader {
        let connection = try SQLiteConnection(
            path: path, access: .existing, busyTimeout: 100, cacheKiB: options.readerCacheKiB)
        return try SQLiteCatalogReader(connection, commits: commits)
    }

    package func shutdown() {
        queue.shutdown()
        checkpointer.shutdown()
        lock.release()
    }
}
