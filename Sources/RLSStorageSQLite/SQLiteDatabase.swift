import Logging
import RLSSchema
import RLSStorage

/// One database file with a write-ahead log: its lock, the connection that writes, and how readers are made.
///
/// Durability: an acknowledged change was followed by fdatasync of the log (WAL, synchronous=FULL); it survives kill -9 and
/// loss of power.
final class SQLiteDatabase {
    typealias Kind = SQLiteKind

    let path: String
    let writer: SQLiteConnection
    let commits = CommitSequence()
    let checkpointer: SQLiteCheckpointer
    private let lock: FileLock

    /// Opens or creates the file and brings its schema up to date.
    init(_ kind: Kind, path: String, options: SQLiteOptions, logger: Logger) throws(StorageError) {
        self.path = path
        lock = try FileLock(path + ".lock", keyword: kind.keyword)
        writer = try SQLiteConnection(
            path: path, access: .create, busyTimeout: options.busyTimeout, cacheKiB: options.writerCacheKiB)
        if writer.isReadOnly {
            throw StorageError(
                .readOnly, "\(path): cannot be written; let the server's user write to the file and its directory")
        }
        try SQLiteMigrations.check(kind, writer)
        // For a new file. Against 4 KiB: fewer levels, 3 % less space, half the pages to split; a lone commit writes more.
        try writer.execute("PRAGMA page_size = 8192")
        try writer.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF")
        try SQLiteMigrations.apply(kind, to: writer)
        if options.maximumPages > 0 { try writer.execute("PRAGMA max_page_count = \(options.maximumPages)") }
        let helper = try SQLiteConnection(
            path: path, access: .existing, busyTimeout: options.busyTimeout, cacheKiB: 1_024)
        checkpointer = SQLiteCheckpointer(writer: writer, helper: helper, logger: logger)
    }

    /// After the last commit, on any thread.
    var closer: @Sendable () -> Void {
        { [checkpointer, lock] in
            checkpointer.shutdown()
            lock.release()
        }
    }
}

/// How connections for reading are opened.
struct SQLiteReaderSource: Sendable {
    let path: String
    let cacheKiB: Int

    /// A reader never waits long for a lock: it may serve an event loop.
    func open() throws(StorageError) -> SQLiteConnection {
        try SQLiteConnection(path: path, access: .existing, busyTimeout: 100, cacheKiB: cacheKiB)
    }
}

package struct SQLiteOptions: Sendable {
    /// How long a write waits for a lock that another program holds, in milliseconds.
    package var busyTimeout: Int32 = 5_000
    /// Page cache of the writer and of each reader.
    package var writerCacheKiB = 32_768
    package var readerCacheKiB = 16_384
    /// Pages the file may have; 0 for no limit but the disk.
    package var maximumPages = 0

    package init() {}
}
