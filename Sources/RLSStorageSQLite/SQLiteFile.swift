import RLSCore
import RLSStorage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file that may be anything.
package enum SQLiteFile {
    /// Looks without changing anything.
    package static func contents(path: String) throws(StorageError) -> DatabaseContents {
        if access(path, F_OK) != 0 && errno == ENOENT { return .nothing }
        // To open a file of ours would leave a log beside it.
        if kind(path) == .catalog { return .catalog(hasOriginal: false) }
        let connection: SQLiteConnection
        let tables: Set<String>
        do throws(StorageError) {
            connection = try SQLiteConnection(path: path, access: .readOnly, busyTimeout: 5_000, cacheKiB: 100)
            tables = try names(connection)
        } catch {
            guard error.reason == .notADatabase else { throw error }
            return .other("no SQLite database")
        }
        switch SQLiteDatabase.Kind(rawValue: try connection.integer("PRAGMA application_id")) {
        case .catalog: return .catalog(hasOriginal: false)
        case .index: return .other("the database of an index, whose contents its catalogs tell it")
        case .metadata, .work: return .other("a database of replication daemons")
        case nil: return DatabaseContents(tables: tables)
        }
    }

    static func names(_ connection: SQLiteConnection) throws(StorageError) -> Set<String> {
        let statement = try SQLiteStatement(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')", on: connection)
        var names: Set<String> = []
        while try statement.step() { names.insert(statement.bytes(0).description.lowercased()) }
        return names
    }

    /// As the header has it: "Application ID" of SQLite's file format. What is only in the log, it does not tell.
    private static func kind(_ path: String) -> SQLiteDatabase.Kind? {
        var header = [UInt8](repeating: 0, count: 72)
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        guard file >= 0, read(file, &header, header.count) == header.count else { return nil }
        return SQLiteDatabase.Kind(rawValue: header[68...].reduce(0) { $0 << 8 | Int($1) })
    }

    /// Whether a server has left changes that are not in the file yet.
    static func hasLog(_ path: String) -> Bool {
        var state = stat()
        return stat(path + "-wal", &state) == 0 && state.st_size > 0
    }
}
