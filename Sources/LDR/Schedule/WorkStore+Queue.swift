import RLSCore
import RLSStorage
import RLSStorageSQLite

/// Why a file is held back, and when it is thought of again.
package enum HeldBack: Int, Sendable {
    /// The volume is used up; thought of in each pass.
    case volume = 0
    /// It waits until older ones have been let go of; thought of in each pass.
    case takesPlace = 1
    /// It is older than those that are here; thought of when there is room.
    case tooOld = 2
}

/// What the scheduler decided of a file.
package enum ScheduleDecision: Sendable, Hashable {
    case queue(source: String, url: ByteString)
    /// As `queue`, once the source has brought it back from tape.
    case stage(source: String, url: ByteString)
    /// Not before then, milliseconds since 1970, because of the reason; a failure of the file, or only its turn has not come.
    case wait(until: Int, reason: String, isFailure: Bool)
    case hold(HeldBack, reason: String)
    /// Its turn has not come.
    case leave
}

extension WorkStore {
    package func sources() throws(StorageError) -> [SourceRecord] {
        let statement = try file.connection.statement(
            "SELECT name, rate, succeeded, failed, failed_in_row, retry_at, error FROM source ORDER BY name")
        defer { statement.reset() }
        var found: [SourceRecord] = []
        while try statement.step() {
            var record = SourceRecord(name: statement.text(0) ?? "")
            record.rate = statement.number(1)
            record.succeeded = statement.integer(2)
            record.failed = statement.integer(3)
            record.failedInRow = statement.integer(4)
            record.retryAt = statement.integer(5)
            record.error = statement.text(6)
            found.append(record)
        }
        return found
    }

    func put(_ record: SourceRecord, _ connection: SQLiteConnection) throws(StorageError) {
        let statement = try connection.statement(
            """
            INSERT OR REPLACE INTO source (name, rate, succeeded, failed, failed_in_row, retry_at, error)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """)
        try statement.bind(1, text: record.name).bind(2, record.rate).bind(3, record.succeeded).bind(4, record.failed)
            .bind(5, record.failedInRow).bind(6, record.retryAt)
        if let error = record.error { try statement.bind(7, text: error) } else { try statement.bindNull(7) }
        try statement.run()
    }

    /// Files and bytes for which a source is chosen, or that are being transferred, by source.
    package func queued() throws(StorageError) -> [String: (files: Int, bytes: Int64)] {
        // Each state has its index: together they would have none.
        let statement = try file.connection.statement(
            """
            SELECT source, count(*), CAST(total(size) AS INTEGER) FROM want WHERE state = 1 GROUP BY source
            UNION ALL
            SELECT source, count(*), CAST(total(size) AS INTEGER) FROM want WHERE state = 2 GROUP BY source
            """)
        defer { statement.reset() }
        var found: [String: (files: Int, bytes: Int64)] = [:]
        while try statement.step() {
            let known = found[statement.text(0) ?? ""] ?? (0, 0)
            let bytes = known.bytes.saturated(adding: Int64(statement.integer(2)))
            found[statement.text(0) ?? ""] = (known.files + statement.integer(1), bytes)
        }
        return found
    }

    /// Files of one subscription's share that may be scheduled now, those that have waited longest first; those that became
    /// known last where they have to take the place of others.
    func candidates(
        of subscription: Subscription, limit: Int, at now: Int
    ) throws(StorageError) -> [Want] {
        if limit <= 0 { return [] }
        let statement = try file.connection.statement(
            """
            SELECT \(Self.wantColumns) FROM want WHERE state = 0 AND queue = ? AND next_try <= ?
            ORDER BY \(subscription.configuration.isRolling ? "id DESC" : "next_try") LIMIT ?
            """
        )
        defer { statement.reset() }
        try statement.bind(1, subscription.id).bind(2, now).bind(3, limit)
        var found: [Want] = []
        while try statement.step() { found.append(Self.want(statement)) }
        return found
    }

    /// Bytes that a subscription has here or on their way.
    func volume(of subscription: Subscription) throws(StorageError) -> Int64 {
        let statement = try file.connection.statement(
            "SELECT CAST(total(size) AS INTEGER) FROM want WHERE subscriptions & ? AND state IN (1, 2, 3, 7)")
        defer { statement.reset() }
        try statement.bind(1, subscription.bit)
        return try statement.step() ? Int64(statement.integer(0)) : 0
    }

    /// What is held back gets another chance where a subscription has room for it by now; what is stuck, once a day. What waits
    /// for a source that is left alone may have another.
    /// - Parameter room: bytes that a subscription may still take
    func reconsider(at now: Int, room: (Subscription) -> Int64) throws(StorageError) {
        let left = "SELECT name FROM source WHERE retry_at > ?"
        try file.connection.statement("UPDATE want SET state = 0, next_try = 0 WHERE state = 1 AND source IN (\(left))")
            .bind(1, now).run()
        try reconsiderHeld(room)
        try file.connection.statement("UPDATE want SET state = 0 WHERE state = 4 AND next_try <= ?").bind(1, now).run()
    }

    /// - Parameter order: of the first that is queued; the next ones follow
    func record(_ decisions: [(want: Want, decision: ScheduleDecision)], at now: Int) throws(StorageError) {
        try file.write { (connection) throws(StorageError) in
            let queue = try connection.statement(
                """
                UPDATE want SET state = ?, source = ?, url = ?, next_try = ?, reason = NULL, staging = 0
                WHERE id = ? AND state = 0
                """
            )
            let wait = try connection.statement(
                "UPDATE want SET state = ?, next_try = ?, reason = ?, attempts = attempts + ? WHERE id = ? AND state = 0"
            )
            let hold = try connection.statement(
                "UPDATE want SET state = 5, held = ?, next_try = ?, reason = ? WHERE id = ? AND state = 0")
            for (order, item) in decisions.enumerated() {
                let id = item.want.id
                switch item.decision {
                case .queue(let source, let url):
                    try queue.bind(1, WantState.queued.rawValue).bind(2, text: source).bind(3, url)
                        .bind(4, now + order).bind(5, id).run()
                case .stage(let source, let url):
                    try queue.bind(1, WantState.staging.rawValue).bind(2, text: source).bind(3, url)
                        .bind(4, now + order).bind(5, id).run()
                case .wait(let time, let reason, let isFailure):
                    try wait.bind(1, 0).bind(2, time).bind(3, text: reason).bind(4, isFailure ? 1 : 0).bind(5, id).run()
                case .hold(let kind, let reason):
                    try hold.bind(1, kind.rawValue).bind(2, now).bind(3, text: reason).bind(4, id).run()
                case .leave: break
                }
            }
        }
    }

    /// Failed files are tried at once, whatever was to be waited for.
    /// - Returns: how many
    package func retry(_ lfn: ByteString? = nil) throws(StorageError) -> Int {
        let text =
            "UPDATE want SET state = 0, next_try = 0, attempts = 0 WHERE (state = 4 OR (state = 0 AND next_try > 0))"
        try file.connection.execute("UPDATE source SET retry_at = 0")
        guard let lfn else { return try file.connection.statement(text).run() }
        // Who names a file means it, also when it was removed after its time.
        let named = text.replacing("(state = 4 ", with: "(state IN (4, 6) ")
        return try file.connection.statement(named + " AND lfn = ?").bind(1, lfn).run()
    }
}
