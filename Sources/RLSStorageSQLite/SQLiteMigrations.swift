import RLSSchema
import RLSStorage

/// Brings a database to the newest schema, step by step, each in its own transaction.
enum SQLiteMigrations {
    /// Refuses a file that is not ours or too new, without changing anything of it.
    static func check(_ kind: SQLiteDatabase.Kind, _ connection: SQLiteConnection) throws(StorageError) {
        let newest = kind.steps.last?.version ?? 0
        let found = try connection.integer("PRAGMA user_version")
        let tables = try connection.integer("SELECT count(*) FROM sqlite_master")
        let application = try connection.integer("PRAGMA application_id")
        if application != kind.rawValue && (tables > 0 || application != 0) {
            throw StorageError(
                .notADatabase,
                "\(connection.path): a SQLite database of another kind; give \(kind.keyword) another path")
        }
        if found > newest {
            throw StorageError(
                .newerSchema,
                "\(connection.path): schema \(found) is newer than this program knows (\(newest)); run the newer rls-server"
            )
        }
    }

    static func apply(_ kind: SQLiteDatabase.Kind, to connection: SQLiteConnection) throws(StorageError) {
        let found = try connection.integer("PRAGMA user_version")
        for step in kind.steps where step.version > found { try apply(step, kind, to: connection) }
    }

    private static func apply(_ step: SchemaStep, _ kind: SQLiteDatabase.Kind, to connection: SQLiteConnection)
        throws(StorageError)
    {
        try connection.execute("BEGIN IMMEDIATE")
        do {
            // Another process may have been faster while we waited for the lock.
            if try connection.integer("PRAGMA user_version") < step.version {
                try connection.execute(step.sql)
                try connection.execute(
                    "PRAGMA user_version = \(step.version); PRAGMA application_id = \(kind.rawValue)")
            }
            try connection.execute("COMMIT")
        } catch {
            try? connection.execute("ROLLBACK")
            throw error
        }
    }
}
