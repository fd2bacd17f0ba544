import RLSCore
import RLSStorage

/// A catalog in a PostgreSQL database that is only read, while others may write to it. Each portion of a walk is as of its own
/// moment.
package final class PostgreSQLCatalogView: CatalogView {
    private let settings: PostgreSQLSettings
    private let gate = SchemaGate(.catalog, partitions: 0)

    /// - Parameter settings: for the purpose `reading`
    package init(_ settings: PostgreSQLSettings) throws(StorageError) {
        self.settings = settings
        let connection = try PostgreSQLConnection(settings)
        do throws(StorageError) {
            try gate.pass(connection, mayMigrate: false, by: Deadline(in: settings.patience))
        } catch {
            guard error.reason == .readOnly else { throw error }
            throw StorageError(
                .notADatabase, "\(settings.place): the schema is older than this program's: start its rls-server once")
        }
    }

    package func makeReader() -> any CatalogReader { PostgreSQLCatalogReader(PostgreSQLSession(settings, gate: gate)) }

    package func counts() throws(StorageError) -> CatalogCounts {
        let counts = PublishedCounts(CatalogCounts())
        let session = PostgreSQLSession(settings, gate: gate)
        try LogFollower.readCounts(session, into: counts, by: session.deadline)
        return counts.counts
    }

    package func close() {}
}
