import CSQLite
import RLSStorage

/// One connection to a database file. SQLite is opened without its own locks: the owner serialises use.
package final class SQLiteConnection {
    let handle: OpaquePointer
    let path: String
    private var cache: [String: SQLiteStatement] = [:]

    enum Access {
        case create
        case existing
        /// Nothing of the file can be changed.
        case readOnly
        /// The same of a file that nobody changes and that has no log: nothing is made beside it either.
        case immutable

        fileprivate var flags: Int32 {
            switch self {
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .existing: SQLITE_OPEN_READWRITE
            case .readOnly: SQLITE_OPEN_READONLY
            case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            }
        }

        fileprivate func name(_ path: String) -> String {
            if self != .immutable { return path }
            let encoded = path.utf8.map { byte in
                byte == UInt8(ascii: "/") ? "/" : "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }
            return "file:" + encoded.joined() + "?immutable=1"
        }
    }

    /// Statistics would cost a global lock on every allocation. Must precede the first connection of the process.
    private static let disableMemoryStatistics: Void = { _ = rls_sqlite_disable_memory_statistics() }()

    init(path: String, access: Access, busyTimeout: Int32, cacheKiB: Int) throws(StorageError) {
        _ = Self.disableMemoryStatistics
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(access.name(path), &opened, access.flags | SQLITE_OPEN_NOMUTEX, nil)
        guard let opened else { throw StorageError(.other, "\(path): out of memory") }
        handle = opened
        self.path = path
        guard code == SQLITE_OK else {
            // A half-open handle still tells what went wrong; deinit does not run for a failed init before this point.
            let error = Self.error(code, handle: opened, path: path)
            throw error
        }
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, busyTimeout)
        try execute("PRAGMA cache_size = -\(cacheKiB)")
    }

    deinit {
        cache.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Runs SQL of our own that returns nothing of interest.
    package func execute(_ sql: String) throws(StorageError) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// A prepared statement, kept for the life of the connection.
    package func statement(_ sql: String) throws(StorageError) -> SQLiteStatement {
        if let known = cache[sql] { return known }
        let statement = try SQLiteStatement(sql, on: self)
        cache[sql] = statement
        return statement
    }

    /// The one integer that a statement without parameters yields.
    package func integer(_ sql: String) throws(StorageError) -> Int {
        let statement = try SQLiteStatement(sql, on: self)
        return try statement.step() ? statement.integer(0) : 0
    }

    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
    var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

    func check(_ code: Int32) throws(StorageError) {
        if code != SQLITE_OK { throw error(code) }
    }

    func error(_ code: Int32) -> StorageError { Self.error(code, handle: handle, path: path) }
}

extension SQLiteConnection {
    private static func error(_ code: Int32, handle: OpaquePointer, path: String) -> StorageError {
        let text = sqlite3_errmsg(handle).map { String(cString: $0) } ?? "error \(code)"
        let (reason, advice) = reasonAndAdvice(code & 0xff)
        return StorageError(reason, "\(path): \(text) (SQLite code \(code)); \(advice)")
    }

    private static func reasonAndAdvice(_ code: Int32) -> (StorageError.Reason, String) {
        switch code {
        case SQLITE_BUSY, SQLITE_LOCKED:
            (.busy, "another program holds a lock on the file: end it, or wait")
        case SQLITE_FULL:
            (.full, "free space on its file system; nothing acknowledged is lost")
        case SQLITE_READONLY, SQLITE_PERM:
            (.readOnly, "let the server's user write to the file and its directory")
        case SQLITE_CORRUPT:
            (
                .corrupt,
                "stop the server, keep a copy, and try the sqlite3 program's .recover command, or restore a backup"
            )
        case SQLITE_NOTADB:
            (.notADatabase, "lrc_db_url names a file that is no SQLite database: correct it, or move the file away")
        case SQLITE_CANTOPEN:
            (.cannotOpen, "check that the directory exists and the server's user may write there")
        case SQLITE_IOERR:
            (.other, "the file system failed: look at the kernel's log")
        default:
            (.other, "unexpected")
        }
    }
}
