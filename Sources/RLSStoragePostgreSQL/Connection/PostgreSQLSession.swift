import Foundation
import Logging
import RLSStorage

/// A connection that is made when it is needed, and made again when it is lost. Used by one thread at a time.
final class PostgreSQLSession {
    let settings: PostgreSQLSettings
    private let gate: SchemaGate
    private var connection: PostgreSQLConnection?

    init(_ settings: PostgreSQLSettings, gate: SchemaGate) {
        self.settings = settings
        self.gate = gate
    }

    /// What a request waits for, from now on.
    var deadline: Deadline { Deadline(in: settings.patience) }

    /// One attempt to have a connection to a database that is ready for use.
    func connected(by deadline: Deadline) throws(StorageError) -> PostgreSQLConnection {
        if let connection, !connection.isBroken { return connection }
        connection = nil
        let new = try PostgreSQLConnection(settings)
        try gate.pass(new, mayMigrate: settings.purpose == .primary, by: deadline)
        new.isSpread = try gate.isSpread(new, by: deadline)
        connection = new
        return new
    }

    /// Runs `body` on a connection, again if that ends or others got in the way, until the time is up. It must be harmless to
    /// run twice.
    func run<Value>(
        by deadline: Deadline? = nil, _ body: (PostgreSQLConnection, Deadline) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        let deadline = deadline ?? self.deadline
        var pause = Backoff()
        while true {
            do throws(StorageError) {
                return try body(try connected(by: deadline), deadline)
            } catch {
                recover()
                guard error.isPassing, pause.wait(by: deadline) else { throw error }
            }
        }
    }

    /// Makes the connection fit for use after a failure, or lets go of it.
    func recover() {
        connection?.rollback(by: Deadline(in: .seconds(1)))
        // Closed at once: what it holds, others wait for.
        if connection?.isBroken == true { connection = nil }
    }
}

extension PostgreSQLSession {
    /// When a store is opened: waits a moment for the database, and goes on without it when it is down.
    func firstLook(_ logger: Logger, _ look: (Deadline) throws(StorageError) -> Void) throws(StorageError) {
        do throws(StorageError) { try look(Deadline(in: .seconds(3))) } catch {
            guard error.isPassing || error.reason == .timedOut else { throw error }
            logger.warning("the database is not there yet", metadata: ["cause": "\(error)"])
        }
    }
}

/// Ever longer pauses between attempts.
struct Backoff {
    private var pause = Duration.milliseconds(20)

    /// False when the time is up.
    mutating func wait(by deadline: Deadline) -> Bool {
        let actual = min(pause * Double.random(in: 0.5...1), deadline.remaining)
        if actual <= .zero { return false }
        Thread.sleep(forTimeInterval: actual / .seconds(1))
        pause = min(pause * 2, .seconds(1))
        return !deadline.isPast
    }
}

extension StorageError {
    /// May be over at the next attempt.
    var isPassing: Bool {
        switch reason {
        case .unreachable, .outOfConnections, .readOnly, .conflict: true
        default: false
        }
    }
}
