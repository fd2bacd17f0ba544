import CPostgreSQL
import RLSStorage

/// How connections to a database are made.
package struct PostgreSQLSettings: Sendable {
    /// What connections are for.
    package enum Purpose: Sendable {
        /// Reads and writes: of several hosts, the primary.
        case primary
        /// Reads that may be old: a standby if there is one.
        case standby
        /// A catalog that is only read, wherever it is.
        case reading
        /// Tables of another program, maybe on a server from its time.
        case original
    }

    /// Keyword and value, as libpq knows them.
    let parameters: [(keyword: String, value: String)]
    /// For the log: without user, password or files.
    package let place: String
    /// A pooler in transaction mode lies between: nothing may be kept in the session.
    let isPooled: Bool
    let purpose: Purpose
    /// What a request waits for the database.
    var patience: Duration

    /// - Parameters:
    ///   - url: `postgresql://[user[:password]@][host][:port][,…][/dbname][?keyword=value&…]`, as libpq takes it
    ///   - isPooled: a pooler in transaction mode lies between
    ///   - patience: what a request waits for a database that does not answer
    ///   - program: for those who look at the database's sessions
    package init(
        url: String, purpose: Purpose = .primary, isPooled: Bool = false, patience: Duration = .seconds(10),
        program: String = "rls-server"
    ) throws(StorageError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &message) else {
            defer { PQfreemem(message) }
            // The message may repeat the URL, and the URL a password.
            throw StorageError(.cannotOpen, "not a PostgreSQL connection URL")
        }
        defer { PQconninfoFree(options) }
        var given: [String: String] = [:]
        var next = options
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val { given[String(cString: keyword)] = String(cString: value) }
            next += 1
        }
        self.purpose = purpose
        self.isPooled = isPooled
        self.patience = patience
        let host = given["host"] ?? given["hostaddr"] ?? "local"
        place = "postgresql://\(host)\(given["port"].map { ":" + $0 } ?? "")/\(given["dbname"] ?? given["user"] ?? "")"
        parameters = Self.complete(given, purpose, isPooled, patience, program)
    }

    /// Known to every version. Text comes as the bytes that are stored.
    private static let originalSettings = [
        ("enable_seqscan", "off"), ("enable_hashjoin", "off"), ("enable_mergejoin", "off"),
        ("join_collapse_limit", "1"), ("datestyle", "ISO"),
        ("default_transaction_read_only", "on"), ("statement_timeout", "0"),
    ]

    /// Planner settings for statements that look up many names at a time: without statistics it would prefer to read all.
    static let plannerSettings = [
        ("enable_seqscan", "off"), ("enable_bitmapscan", "off"), ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"), ("jit", "off"), ("plan_cache_mode", "force_generic_plan"),
        ("max_parallel_workers_per_gather", "0"),
        // A server that stops in the middle of a transaction must not stop the others for long.
        ("idle_in_transaction_session_timeout", "10s"), ("lock_timeout", "30s"),
    ]

    var sessionSettings: [(String, String)] { Self.sessionSettings(purpose, patience) }

    private static func complete(
        _ given: [String: String], _ purpose: Purpose, _ isPooled: Bool, _ patience: Duration,
        _ program: String
    ) -> [(keyword: String, value: String)] {
        var all = given
        var defaults = [
            "application_name": program, "connect_timeout": "3", "keepalives_idle": "10",
            "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "15000",
            "target_session_attrs": purpose.sessions,
        ]
        if purpose == .original { all["client_encoding"] = "SQL_ASCII" }
        if !isPooled {
            let own = sessionSettings(purpose, patience).map { "-c \($0)=\($1)" }.joined(separator: " ")
            all["options"] = given["options"].map { own + " " + $0 } ?? own
        }
        defaults.merge(all) { $1 }
        return defaults.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func sessionSettings(_ purpose: Purpose, _ patience: Duration) -> [(String, String)] {
        // What nobody waits for any more shall hold no locks. A statement is a part of a group, and quick.
        let own = plannerSettings + [("statement_timeout", "\(patience.components.seconds + 5)s")]
        return switch purpose {
        case .primary, .standby: own
        case .reading: own + [("default_transaction_read_only", "on")]
        case .original: originalSettings
        }
    }
}

extension PostgreSQLSettings.Purpose {
    /// For libpq: which of several hosts.
    fileprivate var sessions: String {
        switch self {
        case .primary: "read-write"
        case .standby: "prefer-standby"
        case .reading, .original: "any"
        }
    }
}
