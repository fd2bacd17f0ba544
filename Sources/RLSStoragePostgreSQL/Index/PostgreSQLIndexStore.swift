import Logging
import RLSCore
import RLSStorage

/// An index's lists in a PostgreSQL database, which several servers may share.
package final class PostgreSQLIndexStore: IndexStore {
    private let settings: PostgreSQLSettings
    private let gate: SchemaGate
    private let counted = PublishedCounts(IndexCounts())
    private let changes: SenderChanges
    private let engine: PostgreSQLCommitEngine<PostgreSQLIndexTransaction>
    private let queue: CommitQueue<IndexChange>

    /// Waits a moment for the database, and goes on without it when it is down; refuses one with a newer schema.
    /// - Parameter partitions: of the entries, for a database that is set up now
    package init(_ settings: PostgreSQLSettings, partitions: Int = 4, logger: Logger) throws(StorageError) {
        self.settings = settings
        gate = SchemaGate(.index, partitions: partitions)
        let session = PostgreSQLSession(settings, gate: gate)
        let counted = self.counted
        try session.firstLook(logger) { (deadline) throws(StorageError) in
            counted.publish(try Self.counts(session, by: deadline))
        }
        changes = SenderChanges(counts: counted)
        engine = PostgreSQLCommitEngine(
            PostgreSQLIndexTransaction(changes), session: session, writer: ServerID(), counts: counted, logger: logger)
        queue = CommitQueue(engine: engine)
    }

    private static func counts(
        _ session: PostgreSQLSession, by deadline: Deadline
    ) throws(StorageError) -> IndexCounts {
        let state = try session.run(by: deadline) { (connection, deadline) throws(StorageError) in
            try connection.query(IndexSQL.state, by: deadline)
        }
        guard state.count == 1 else { throw StorageError(.notADatabase, "the index's state is missing") }
        return IndexCounts(lfns: state.integer(0, 0), mappings: state.integer(0, 1))
    }

    package var answersInPlace: Bool { false }
    package var isShared: Bool { true }
    package var counts: IndexCounts { counted.counts }
    package func submit(_ request: WriteRequest<IndexChange>) { queue.submit(request) }

    package func makeReader() -> any IndexReader {
        PostgreSQLIndexReader(PostgreSQLSession(settings, gate: gate), changes: changes)
    }

    package func shutdown() {
        engine.giveUp()
        queue.shutdown()
    }
}
