import NIOConcurrencyHelpers
import RLSSchema
import RLSStorage

/// Lets connections pass once the database has the schema that this program knows. The first brings it up to date; several
/// servers that start at once do so one after the other.
final class SchemaGate: Sendable {
    let kind: PostgreSQLKind
    private let partitions: Int
    private let isOpen = NIOLockedValueBox(false)

    /// - Parameter partitions: of the table that has some, for a database that is set up now
    init(_ kind: PostgreSQLKind, partitions: Int = 0) {
        self.kind = kind
        self.partitions = partitions
    }

    /// - Parameter mayMigrate: false on a standby, which takes its schema from the primary
    func pass(
        _ connection: PostgreSQLConnection, mayMigrate: Bool, by deadline: Deadline
    ) throws(StorageError) {
        if isOpen.withLockedValue({ $0 }) { return }
        if !mayMigrate {
            guard try version(connection, by: deadline) == newest else {
                throw StorageError(.readOnly, "the standby has not the newest schema yet")
            }
            return
        }
        if try version(connection, by: deadline) != newest { try migrate(connection, by: deadline) }
        isOpen.withLockedValue { $0 = true }
    }

    /// Whether partitions are on other servers. They are moved while no server runs, so each connection asks once.
    func isSpread(_ connection: PostgreSQLConnection, by deadline: Deadline) throws(StorageError) -> Bool {
        guard let partitioned = kind.partitioned else { return false }
        let result = try connection.query(
            "SELECT count(*) FROM pg_inherits JOIN pg_foreign_table ON ftrelid = inhrelid "
                + "WHERE inhparent = '\(kind.rawValue).\(partitioned)'::regclass", by: deadline)
        return result.count == 1 && result.integer(0, 0) > 0
    }

    private var newest: Int { kind.steps.last?.version ?? 0 }

    /// 0 for a database without our tables.
    private func version(_ connection: PostgreSQLConnection, by deadline: Deadline) throws(StorageError) -> Int {
        // Not to_regclass: in the middle of a transaction it does not see what others have made meanwhile.
        let table = try connection.query(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                + "WHERE n.nspname = '\(kind.rawValue)' AND c.relname = 'version'", by: deadline)
        guard table.integer(0, 0) == 1 else { return 0 }
        let found = try connection.query(
            "SELECT coalesce(max(number), 0) FROM \(kind.rawValue).version", by: deadline)
        let version = found.integer(0, 0)
        if version > newest {
            throw StorageError(
                .newerSchema,
                "schema \(version) of \(kind.rawValue) is newer than this program knows (\(newest)); "
                    + "run the newer \(kind.program)"
            )
        }
        return version
    }

    private func migrate(_ connection: PostgreSQLConnection, by deadline: Deadline) throws(StorageError) {
        do throws(StorageError) {
            var parameters = PostgreSQLParameters()
            parameters.add(kind.lock)
            try connection.send("BEGIN")
            try connection.send("SELECT pg_advisory_xact_lock($1)", parameters)
            _ = try connection.results(by: deadline)
            // Another server may have been faster while we waited for the lock.
            let found = try version(connection, by: deadline)
            if found == 0 { try create(connection) }
            for step in kind.steps where step.version > found {
                for statement in SQLText.statements(step.sql) { try connection.send(statement) }
                if step.version == 1, let table = kind.partitioned { try addPartitions(of: table, connection) }
                var number = PostgreSQLParameters()
                number.add(step.version)
                try connection.send("INSERT INTO \(kind.rawValue).version (number) VALUES ($1)", number)
            }
            try connection.send("COMMIT")
            _ = try connection.results(by: deadline)
        } catch {
            connection.rollback(by: deadline)
            throw error
        }
    }

    private func create(_ connection: PostgreSQLConnection) throws(StorageError) {
        try connection.send("CREATE SCHEMA IF NOT EXISTS \(kind.rawValue)")
        try connection.send(
            "CREATE TABLE \(kind.rawValue).version (number bigint PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())"
        )
    }

    private func addPartitions(
        of name: String, _ connection: PostgreSQLConnection
    ) throws(StorageError) {
        let table = "\(kind.rawValue).\(name)"
        for remainder in 0..<partitions {
            let partition = "\(table)_\(remainder)"
            try connection.send(
                "CREATE TABLE \(partition) PARTITION OF \(table) FOR VALUES WITH "
                    + "(MODULUS \(partitions), REMAINDER \(remainder)) WITH (fillfactor = \(kind.fillFactor))")
            for index in kind.partitionIndexes { try connection.send(index(partition)) }
        }
    }
}

/// Schema files as statements: the protocol that binds values takes one at a time.
enum SQLText {
    /// Statements end with a semicolon at the end of a line; comments are whole lines.
    static func statements(_ text: String) -> [String] {
        var statements: [String] = []
        var current: [Substring] = []
        for line in text.split(separator: "\n") where !line.drop(while: \.isWhitespace).hasPrefix("--") {
            current.append(line)
            if line.hasSuffix(";") {
                statements.append(current.joined(separator: "\n"))
                current = []
            }
        }
        return statements
    }
}
