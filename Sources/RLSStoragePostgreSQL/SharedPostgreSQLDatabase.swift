import RLSStorage

/// Tables in a database that several programs of one site read and change, each with a connection of its own. Connects when
/// it is asked something, and again when the connection has been lost. Used by one thread at a time.
package final class SharedPostgreSQLDatabase {
    private let session: PostgreSQLSession
    /// While a change is under way.
    private var changing: PostgreSQLConnection?

    /// Nothing is asked of the database yet; at its first use it gets the tables.
    /// - Parameter settings: its `patience` is how long each statement may take, and how long a database that is
    ///   down is waited for
    package init(_ kind: PostgreSQLKind, _ settings: PostgreSQLSettings) {
        session = PostgreSQLSession(settings, gate: SchemaGate(kind))
    }

    /// For people: without secrets.
    package var place: String { session.settings.place }

    /// Runs one statement that only reads: in a change as part of it, otherwise by itself, and again if the connection is
    /// lost.
    package func read(
        _ text: String, _ parameters: PostgreSQLParameters = PostgreSQLParameters()
    ) throws(StorageError) -> PostgreSQLResult {
        if let changing { return try changing.query(text, parameters, by: session.deadline) }
        return try session.run { (connection, deadline) throws(StorageError) in
            try connection.query(text, parameters, by: deadline)
        }
    }

    /// In a change: the statement goes with the next that reads, or with the end.
    package func send(_ text: String, _ parameters: PostgreSQLParameters) throws(StorageError) {
        guard let changing else {
            throw StorageError(.other, "\(place): a statement that changes something, and no transaction")
        }
        try changing.send(text, parameters)
    }

    /// Runs `body` as one transaction: all of it, or nothing when it throws. When the connection is lost at its very end,
    /// it throws and may have been all of it: do it again, or look.
    /// - Parameters:
    ///   - lock: a statement that makes others wait who do the same
    ///   - body: gets what `lock` found
    package func write<Value>(
        locking lock: String, _ body: (PostgreSQLResult) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        if changing != nil { throw StorageError(.other, "\(place): a transaction in another") }
        // Nothing has been done yet: may be repeated on another connection.
        let (connection, locked) = try session.run { (connection, deadline) throws(StorageError) in
            try connection.send("BEGIN ISOLATION LEVEL READ COMMITTED")
            return (connection, try connection.query(lock, by: deadline))
        }
        changing = connection
        defer { changing = nil }
        do throws(StorageError) {
            let value = try body(locked)
            _ = try connection.query("COMMIT", by: session.deadline)
            return value
        } catch {
            session.recover()
            throw error
        }
    }
}
