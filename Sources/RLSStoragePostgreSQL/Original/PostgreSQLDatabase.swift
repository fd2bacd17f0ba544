import RLSCore
import RLSStorage

/// A database that may hold anything.
package enum PostgreSQLDatabase {
    /// Looks without changing anything.
    /// - Parameter settings: for the purpose `original`
    package static func contents(_ settings: PostgreSQLSettings) throws(StorageError) -> DatabaseContents {
        let connection = try PostgreSQLConnection(settings)
        let deadline = Deadline(in: settings.patience)
        let original = DatabaseContents(tables: try tables(connection, by: deadline))
        let catalog = try connection.query(catalogVersion, by: deadline)
        guard catalog.count > 0 else { return original }
        return .catalog(hasOriginal: original == .original)
    }

    /// Those of the original that statements would find, by their names alone.
    static func tables(_ connection: PostgreSQLConnection, by deadline: Deadline) throws(StorageError) -> Set<String> {
        let names = OriginalTable.all.sorted().map { "'\($0)'" }.joined(separator: ", ")
        let result = try connection.query(
            """
            SELECT c.relname FROM pg_catalog.pg_class c
            WHERE c.relname IN (\(names)) AND pg_catalog.pg_table_is_visible(c.oid)
            """, by: deadline)
        return Set((0..<result.count).map { result.bytes($0, 0).description })
    }

    private static let catalogVersion = """
        SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = '\(PostgreSQLKind.catalog.rawValue)' AND c.relname = 'version'
        """
}
