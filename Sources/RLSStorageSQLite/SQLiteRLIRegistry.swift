import RLSCore
import RLSStorage

/// The tables `rli` and `rli_partition`, which a catalog and an index both have.
protocol SQLiteRLIRegistry: RLIRegistry {
    var connection: SQLiteConnection { get }
}

private enum RegistrySQL {
    static let rlis = "SELECT id, url, flags, last_update FROM rli ORDER BY url DESC"
    static let rli = "SELECT id, url, flags, last_update FROM rli WHERE url = ?1"
    static let partitions = "SELECT pattern FROM rli_partition WHERE rli_id = ?1 ORDER BY pattern"
    static let insertRLI =
        "INSERT INTO rli (url, flags) VALUES (?1, ?2) ON CONFLICT (url) DO UPDATE SET flags = excluded.flags"
    static let insertPartition = "INSERT INTO rli_partition (rli_id, pattern) SELECT id, ?2 FROM rli WHERE url = ?1"
    static let deletePartitions = "DELETE FROM rli_partition WHERE rli_id = (SELECT id FROM rli WHERE url = ?1)"
    static let deletePartition = deletePartitions + " AND pattern = ?2"
    static let deleteRLI = "DELETE FROM rli WHERE url = ?1"
    static let setUpdateTime = "UPDATE rli SET last_update = ?2 WHERE url = ?1"
}

extension SQLiteRLIRegistry {
    func rli(_ url: ByteString) throws(StorageError) -> RLIRecord? {
        try connection.rliRecords(connection.statement(RegistrySQL.rli).bind(1, url)).first
    }

    func addRLI(url: ByteString, flags: Int, pattern: ByteString) throws(StorageError) {
        try connection.statement(RegistrySQL.insertRLI).bind(1, url).bind(2, flags).run()
        if !pattern.isEmpty {
            try connection.statement(RegistrySQL.insertPartition).bind(1, url).bind(2, pattern).run()
        }
    }

    func removeRLI(url: ByteString) throws(StorageError) {
        try connection.statement(RegistrySQL.deletePartitions).bind(1, url).run()
        try connection.statement(RegistrySQL.deleteRLI).bind(1, url).run()
    }

    func removePattern(_ pattern: ByteString, ofRLI url: ByteString) throws(StorageError) {
        try connection.statement(RegistrySQL.deletePartition).bind(1, url).bind(2, pattern).run()
    }

    func setUpdateTime(ofRLI url: ByteString, to time: Int) throws(StorageError) {
        try connection.statement(RegistrySQL.setUpdateTime).bind(1, url).bind(2, time).run()
    }
}

extension SQLiteConnection {
    /// URL descending.
    func rliRecords() throws(StorageError) -> [RLIRecord] { try rliRecords(statement(RegistrySQL.rlis)) }

    /// Runs a statement over `rli` and adds each record's patterns.
    fileprivate func rliRecords(_ statement: SQLiteStatement) throws(StorageError) -> [RLIRecord] {
        var rows: [(id: Int, url: ByteString, flags: Int, lastUpdate: Int)] = []
        while try statement.step() {
            rows.append((statement.integer(0), statement.bytes(1), statement.integer(2), statement.integer(3)))
        }
        statement.reset()
        var records: [RLIRecord] = []
        for row in rows {
            let partitions = try self.statement(RegistrySQL.partitions).bind(1, row.id)
            var patterns: [ByteString] = []
            while try partitions.step() { patterns.append(partitions.bytes(0)) }
            partitions.reset()
            records.append(RLIRecord(url: row.url, flags: row.flags, lastUpdate: row.lastUpdate, patterns: patterns))
        }
        return records
    }
}
