import RLSCore
import RLSStorage
import RLSStorageSQLite

/// What became of one transfer.
package struct TransferResult: Sendable {
    package let want: Want
    package let source: String
    package let url: ByteString
    /// Milliseconds since 1970.
    package let began: Int
    package let ended: Int
    package let bytes: Int64
    /// The kind of failure and its cause; nil for a file that is here and registered.
    package let failure: (kind: String, message: String)?
    /// Whether the source is to blame: then another is preferred, and it is left alone when that goes on.
    package let isSourceFault: Bool
    /// Whether it is no attempt that counts: with the same state of this site any file would have failed.
    package let isForgiven: Bool
    /// Whether it put the file in its place, registered or not.
    package let isBrought: Bool

    package init(
        _ want: Want, source: String, url: ByteString, began: Int, ended: Int, bytes: Int64,
        failure: (kind: String, message: String)? = nil, isSourceFault: Bool = false, isForgiven: Bool = false,
        isBrought: Bool? = nil
    ) {
        self.isBrought = isBrought ?? (failure == nil)
        self.want = want
        self.source = source
        self.url = url
        self.began = began
        self.ended = ended
        self.bytes = bytes
        self.failure = failure
        self.isSourceFault = isSourceFault
        self.isForgiven = isForgiven
    }
}

extension WorkStore {
    /// Transfers that a daemon has left unfinished go back into the queue. Of the one daemon that transfers. They are noted: what
    /// may stand in their places, they have brought.
    package func recoverTransfers(at now: Int = WorkStore.now) throws(StorageError) -> Int {
        try file.write { (connection) throws(StorageError) in
            try connection.statement(
                """
                INSERT INTO transfer (lfn, source, url, began, ended, bytes, failure, message, brought)
                SELECT lfn, coalesce(source, ''), coalesce(url, x''), ?1, ?1, 0, ?2, 'the daemon ended', 1 FROM want
                WHERE state = 2
                """
            ).bind(1, now).bind(2, text: TransferFailure.Kind.interrupted.rawValue).run()
            return try connection.statement("UPDATE want SET state = 1 WHERE state = 2").run()
        }
    }

    /// Sources with files in their queues that are not to be left alone, the longest waiting first.
    package func waitingSources(at now: Int = WorkStore.now) throws(StorageError) -> [String] {
        let statement = try file.connection.statement(
            """
            SELECT source, min(next_try) AS first FROM want WHERE state = 1
            AND source NOT IN (SELECT name FROM source WHERE retry_at > ?) GROUP BY source ORDER BY first
            """)
        defer { statement.reset() }
        try statement.bind(1, now)
        var found: [String] = []
        while try statement.step() { if let name = statement.text(0) { found.append(name) } }
        return found
    }

    /// The next files of a source, which become active.
    package func take(
        from source: String, files: Int, bytes: Int64
    ) throws(StorageError) -> [Want] {
        try file.write { (connection) throws(StorageError) in
            let statement = try connection.statement(
                "SELECT \(Self.wantColumns) FROM want WHERE state = 1 AND source = ? ORDER BY next_try LIMIT ?")
            try statement.bind(1, text: source).bind(2, files)
            var taken: [Want] = []
            var sum: Int64 = 0
            while try statement.step() {
                let want = Self.want(statement)
                sum = sum.saturated(adding: want.size)
                // At least one, whatever its size.
                if !taken.isEmpty && sum > bytes { break }
                taken.append(want)
            }
            statement.reset()
            let activate = try connection.statement("UPDATE want SET state = 2 WHERE id = ?")
            for want in taken { try activate.bind(1, want.id).run() }
            return taken
        }
    }

    /// Of rows by number, those that are still to be fetched.
    func unfinished(_ ids: [Int]) throws(StorageError) -> Set<Int> {
        let statement = try file.connection.statement("SELECT 1 FROM want WHERE id = ? AND state NOT IN (3, 6)")
        var found: Set<Int> = []
        for id in ids where try statement.bind(1, id).hasRow() { found.insert(id) }
        return found
    }

    /// Files that were taken and not begun.
    package func putBack(_ wants: [Want]) throws(StorageError) {
        try file.write { (connection) throws(StorageError) in
            let statement = try connection.statement("UPDATE want SET state = 1 WHERE id = ? AND lfn = ? AND state = 2")
            for want in wants { try statement.bind(1, want.id).bind(2, want.lfn).run() }
        }
    }

    /// All that is active of a source whose agent has ended.
    func putBack(allFrom source: String) throws(StorageError) {
        try file.connection.statement("UPDATE want SET state = 1 WHERE state = 2 AND source = ?")
            .bind(1, text: source).run()
    }

    /// - Parameter attempts: failures in a row after which a file is stuck
    package func finish(_ results: [TransferResult], attempts: Int) throws(StorageError) {
        if results.isEmpty { return }
        try file.write { (connection) throws(StorageError) in
            // Within the change: the stage daemon notes results, too, and somebody may tell to retry.
            var records = Dictionary(try sources().map { ($0.name, $0) }) { $1 }
            for result in results {
                // Of what is forgiven, the want says why: it may be tried for days. What has landed is noted once.
                if !result.isForgiven || result.isBrought { try note(result, connection) }
                try conclude(result, attempts, connection)
                var record = records[result.source] ?? SourceRecord(name: result.source)
                record.note(result)
                records[result.source] = record
            }
            for name in Set(results.map(\.source)) {
                if let record = records[name] { try put(record, connection) }
            }
        }
    }

    private func note(_ result: TransferResult, _ connection: SQLiteConnection) throws(StorageError) {
        let statement = try connection.statement(
            """
            INSERT INTO transfer (lfn, source, url, began, ended, bytes, failure, message, brought)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        try statement.bind(1, result.want.lfn).bind(2, text: result.source).bind(3, result.url).bind(4, result.began)
            .bind(5, result.ended).bind(6, Int(result.bytes)).bind(9, result.isBrought ? 1 : 0)
        if let failure = result.failure {
            try statement.bind(7, text: failure.kind).bind(8, text: failure.message)
        } else {
            try statement.bindNull(7).bindNull(8)
        }
        try statement.run()
    }

    /// Rows are told by their names, too. One that is neither active nor staging has been decided of otherwise meanwhile.
    private func conclude(
        _ result: TransferResult, _ attempts: Int, _ connection: SQLiteConnection
    ) throws(StorageError) {
        guard let failure = result.failure else {
            return try arrived(result, connection)
        }
        // What is forgiven makes the pauses longer, and nothing stuck.
        let most = result.isForgiven ? max(0, attempts - 1) : Int.max
        let failures = min(result.want.attempts + 1, most)
        let isStuck = failures >= attempts
        let pause = isStuck ? RetryRule.stuck : RetryRule.pause(after: max(1, failures), seed: result.want.id)
        try connection.statement(
            """
            UPDATE want SET state = ?, attempts = ?, next_try = ?, reason = ?, staging = 0
            WHERE id = ? AND lfn = ? AND state IN (2, 7)
            """
        ).bind(1, isStuck ? WantState.stuck.rawValue : WantState.missing.rawValue).bind(2, failures)
            .bind(3, result.ended + pause).bind(4, text: "\(failure.kind): \(failure.message)")
            .bind(5, result.want.id).bind(6, result.want.lfn).run()
    }

    /// Of a file that was published anew meanwhile, the copy is of the old content.
    private func arrived(_ result: TransferResult, _ connection: SQLiteConnection) throws(StorageError) {
        let statement = try connection.statement(
            """
            UPDATE want SET state = iif(size = ?4 AND checksum IS ?5, 3, 0), attempts = 0, reason = NULL, staging = 0,
                next_try = iif(size = ?4 AND checksum IS ?5, ?1, 0) WHERE id = ?2 AND lfn = ?3
            """)
        try statement.bind(1, result.ended).bind(2, result.want.id).bind(3, result.want.lfn)
            .bind(4, Int(result.want.size))
        if let checksum = result.want.checksum { try statement.bind(5, checksum) } else { try statement.bindNull(5) }
        try statement.run()
    }

    /// A copy is not what it should be, or not there: it is wanted again at once.
    package func lost(_ lfns: [ByteString], reason: String) throws(StorageError) {
        try file.write { (connection) throws(StorageError) in
            let statement = try connection.statement(
                "UPDATE want SET state = 0, next_try = 0, attempts = 0, reason = ? WHERE lfn = ? AND state = 3")
            for lfn in lfns { try statement.bind(1, text: reason).bind(2, lfn).run() }
        }
    }

    /// Forgets failures of long ago, a few at a time. What came stays known: it tells which copies are no originals.
    /// - Parameter time: milliseconds since 1970
    /// - Returns: how many
    @discardableResult
    func forgetFailures(before time: Int, atMost limit: Int = 10_000) throws(StorageError) -> Int {
        // Nothing is written when there are none.
        let condition = "failure IS NOT NULL AND NOT brought AND ended < ?"
        let oldest = try file.connection.statement("SELECT 1 FROM transfer WHERE \(condition) LIMIT 1")
        if try !oldest.bind(1, time).hasRow() { return 0 }
        return try file.connection.statement(
            "DELETE FROM transfer WHERE id IN (SELECT id FROM transfer WHERE \(condition) LIMIT ?)"
        ).bind(1, time).bind(2, limit).run()
    }

    /// Transfers of a file, or of all, the newest first.
    package func history(of lfn: ByteString? = nil, limit: Int) throws(StorageError) -> [TransferRecord] {
        let text = """
            SELECT lfn, source, url, began, ended, bytes, failure, message FROM transfer
            \(lfn == nil ? "" : "WHERE lfn = ?2") ORDER BY id DESC LIMIT ?1
            """
        let statement = try file.connection.statement(text)
        defer { statement.reset() }
        try statement.bind(1, limit)
        if let lfn { try statement.bind(2, lfn) }
        var found: [TransferRecord] = []
        while try statement.step() {
            found.append(
                TransferRecord(
                    lfn: statement.bytes(0), source: statement.text(1) ?? "", url: statement.bytes(2),
                    began: statement.integer(3), ended: statement.integer(4), bytes: Int64(statement.integer(5)),
                    failure: statement.text(6), message: statement.text(7)))
        }
        return found
    }
}

/// A transfer of the past.
package struct TransferRecord: Sendable {
    package let lfn: ByteString
    package let source: String
    package let url: ByteString
    /// Milliseconds since 1970.
    package let began: Int
    package let ended: Int
    package let bytes: Int64
    /// nil for success.
    package let failure: String?
    package let message: String?
}

extension SourceRecord {
    fileprivate mutating func note(_ result: TransferResult) {
        if let failure = result.failure {
            if result.isSourceFault { noteFailure("\(failure.kind): \(failure.message)", at: result.ended) }
        } else {
            noteSuccess(bytes: result.bytes, seconds: Double(result.ended - result.began) / 1_000)
        }
    }
}
