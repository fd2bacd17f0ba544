import Logging
import RLSCore
import RLSStorage

/// A catalog in a PostgreSQL database, which several servers may share.
package final class PostgreSQLCatalogStore: CatalogStore {
    /// Reads that may be old, and how old.
    package struct Standby: Sendable {
        let settings: PostgreSQLSettings
        let staleness: Duration

        package init(_ settings: PostgreSQLSettings, staleness: Duration) {
            self.settings = settings
            self.staleness = staleness
        }
    }

    private let settings: PostgreSQLSettings
    private let standby: Standby?
    private let gate: SchemaGate
    private let counted = PublishedCounts(CatalogCounts())
    private let log: ChangeLog
    private let engine: PostgreSQLCommitEngine<PostgreSQLCatalogTransaction>
    private let queue: CommitQueue<Change>
    private let server = ServerID()

    /// Waits a moment for the database, and goes on without it when it is down; refuses one with a newer schema.
    /// - Parameter partitions: of the mappings, for a database that is set up now
    package init(
        _ settings: PostgreSQLSettings, standby: Standby? = nil, partitions: Int = 4, logger: Logger
    ) throws(StorageError) {
        self.settings = settings
        self.standby = standby
        gate = SchemaGate(.catalog, partitions: partitions)
        let session = PostgreSQLSession(settings, gate: gate)
        let counted = self.counted
        try session.firstLook(logger) { (deadline) throws(StorageError) in
            try LogFollower.readCounts(session, into: counted, by: deadline)
        }
        log = ChangeLog(settings, gate: gate, counts: counted, logger: logger)
        engine = PostgreSQLCommitEngine(
            PostgreSQLCatalogTransaction(log: log), session: session, writer: server, counts: counted, logger: logger)
        queue = CommitQueue(engine: engine)
    }

    package var answersInPlace: Bool { false }
    package var staleness: Duration { standby?.staleness ?? .zero }
    package var counts: CatalogCounts { counted.counts }
    package func submit(_ request: WriteRequest<Change>) { queue.submit(request) }
    package func observe(_ observer: @escaping @Sendable ([CatalogEvent]) -> Void) { log.observe(observer) }

    package func betweenCommits(_ work: @escaping @Sendable () -> Void) throws(StorageError) {
        try log.betweenCommits(work)
    }

    package func makeReader() -> any CatalogReader {
        PostgreSQLCatalogReader(
            PostgreSQLSession(settings, gate: gate),
            standby: standby.map { StandbySession(PostgreSQLSession($0.settings, gate: gate), staleness: $0.staleness) }
        )
    }

    package func whileOnDuty(as url: ByteString, _ body: @escaping @Sendable () async -> Void) async {
        let log = self.log
        await UpdateDuty(settings: settings, gate: gate, server: server)
            .run(
                as: url,
                begin: {
                    log.follow(true)
                    // From here on everything is told; `body` reads what was before.
                    try log.betweenCommits {}
                }, end: { log.follow(false) }, body)
    }

    package func shutdown() {
        engine.giveUp()
        queue.shutdown()
        log.shutdown()
    }
}
