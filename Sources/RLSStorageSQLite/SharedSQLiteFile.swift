import RLSStorage

/// A database file that several programs of one site read and write, each with a connection of its own, used by one thread at a
/// time. What is committed survives kill -9 and loss of power.
package final class SharedSQLiteFile {
    package let connection: SQLiteConnection

    /// Opens or creates the file, and brings its schema up to date.
    package init(_ kind: SQLiteKind, path: String, cacheKiB: Int = 16_384) throws(StorageError) {
        // Writers wait for each other, as long as a large transaction takes.
        connection = try SQLiteConnection(path: path, access: .create, busyTimeout: 30_000, cacheKiB: cacheKiB)
        try SQLiteMigrations.check(kind, connection)
        try connection.execute("PRAGMA page_size = 8192")
        try connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        try SQLiteMigrations.apply(kind, to: connection)
    }

    /// Runs `body` as one change: all of it, or nothing when it throws.
    package func write<Value>(_ body: (SQLiteConnection) throws(StorageError) -> Value) throws(StorageError) -> Value {
        try connection.execute("BEGIN IMMEDIATE")
        do throws(StorageError) {
            let value = try body(connection)
            try connection.execute("COMMIT")
            return value
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            throw error
        }
    }

    /// Runs `body` on one state of the file.
    package func read<Value>(_ body: (SQLiteConnection) throws(StorageError) -> Value) throws(StorageError) -> Value {
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        return try body(connection)
    }
}
