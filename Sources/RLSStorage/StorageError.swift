import RLSCore

/// The store itself failed: nothing was decided about the request, but for `undecided`. Callers answer DBERROR.
package struct StorageError: Error, Sendable, Hashable {
    package enum Reason: Sendable, Hashable {
        case busy
        case full
        case readOnly
        case corrupt
        case newerSchema
        case notADatabase
        case cannotOpen
        /// Of a database server: it cannot be reached, refuses, is out of connections, or does not answer in time.
        case unreachable
        case refused
        case outOfConnections
        case timedOut
        /// It has been told to commit, and did not say in time whether it did.
        case undecided
        /// Others got in the way again and again.
        case conflict
        case overloaded
        case closed
        case other
    }

    package let reason: Reason
    /// For the log and the operator: names the file and what to do.
    package let message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// What a client is told: the cause, without paths.
    package var answer: CatalogError {
        let text: ByteString =
            switch reason {
            case .busy: "database is locked"
            case .full: "database disk is full"
            case .readOnly: "database is read-only"
            case .corrupt: "database is damaged"
            case .newerSchema: "database schema is newer than this server"
            case .notADatabase: "not a catalog database"
            case .cannotOpen: "database cannot be opened"
            case .unreachable: "database cannot be reached"
            case .refused: "database refuses the server's user"
            case .outOfConnections: "database has no connection free"
            case .timedOut: "database does not answer in time"
            case .undecided: "database did not tell whether the change was made"
            case .conflict: "database is busy with changes of others"
            case .overloaded: "too many requests are waiting"
            case .closed: "server is stopping"
            case .other: "database failed"
            }
        return CatalogError(.databaseError, text)
    }
}

extension StorageError: CustomStringConvertible {
    package var description: String { message }
}
