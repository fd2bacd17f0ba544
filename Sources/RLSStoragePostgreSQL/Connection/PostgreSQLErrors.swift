import RLSStorage

/// From PostgreSQL's words to ours. Codes: PostgreSQL's appendix "Error Codes".
enum PostgreSQLErrors {
    static func error(_ state: String, _ message: String, place: String) -> StorageError {
        let (reason, advice) = reasonAndAdvice(state)
        return StorageError(reason, "\(place): \(message) (SQLSTATE \(state.isEmpty ? "none" : state)); \(advice)")
    }

    private static func reasonAndAdvice(_ state: String) -> (StorageError.Reason, String) {
        switch state {
        case "40001", "40P01", "23505": (.conflict, "tried again")
        case "53100": (.full, "free space on the database server's disk; nothing acknowledged is lost")
        case "53300", "53200", "53400": (.outOfConnections, "raise max_connections, or put a pooler between")
        case "57014": (.timedOut, "the database is slow: look at its load and locks")
        case "55P03": (.busy, "somebody holds a lock: look at pg_locks")
        case "25006": (.readOnly, "this is a standby: name the primary, too")
        case "42501": (.refused, "grant the server's user the rights that docs/operations.md names")
        case "57P01", "57P02", "57P03", "57P05", "25P03":
            (.unreachable, "the database has ended the session, is stopping or starting")
        case "42P01", "3F000", "42703":
            (.notADatabase, "tables are missing: not a catalog's database, or of another kind")
        default:
            switch state.prefix(2) {
            case "08": (.unreachable, "tried again")
            case "28", "3D": (.refused, "check user, password and database name")
            case "XX", "58": (.corrupt, "look at the database server's log")
            default: (.other, "look at the database server's log")
            }
        }
    }

    /// libpq tells a failed connection in words only; those of the server are in its language.
    static func connectionFailure(_ text: String, place: String) -> StorageError {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        let reason: StorageError.Reason =
            if line.contains("too many clients") || line.contains("connection slots")
                || line.contains("too many connections") || line.contains("no more connections")
            {
                .outOfConnections
            } else if line.contains("authentication") || line.contains("pg_hba") || line.contains("does not exist")
                || line.contains("no password")
            {
                .refused
            } else {
                .unreachable
            }
        return StorageError(reason, "\(place): \(line)")
    }
}
