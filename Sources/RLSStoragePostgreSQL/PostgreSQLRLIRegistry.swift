import RLSCore
import RLSStorage

/// The list of index servers to update, in the tables `rli` and `rli_partition` of a schema.
protocol PostgreSQLRLIRegistry: RLIRegistry {
    var registry: RegistrySQL { get }
    /// One statement of the transaction, now.
    func query(_ text: String, _ parameters: PostgreSQLParameters) throws(StorageError) -> PostgreSQLResult
}

struct RegistrySQL {
    let rlis: String
    let rli: String
    let insertRLI: String
    let insertPartition: String
    let deletePartition: String
    let deleteRLI: String
    let setUpdateTime: String

    init(schema: String) {
        let columns =
            "SELECT r.url, r.flags, r.last_update, p.pattern FROM \(schema).rli r "
            + "LEFT JOIN \(schema).rli_partition p ON p.rli_id = r.id"
        let byURL = "sha256(url) = sha256($1) AND url = $1"
        rlis = columns + " ORDER BY r.url DESC, p.pattern"
        rli = columns + " WHERE sha256(r.url) = sha256($1) AND r.url = $1 ORDER BY p.pattern"
        insertRLI = """
            INSERT INTO \(schema).rli (url, flags) SELECT $1, $2
            WHERE NOT EXISTS (SELECT 1 FROM \(schema).rli WHERE \(byURL))
            """
        insertPartition =
            "INSERT INTO \(schema).rli_partition (rli_id, pattern) SELECT id, $2 FROM \(schema).rli WHERE \(byURL)"
        deletePartition = """
            DELETE FROM \(schema).rli_partition WHERE pattern = $2
            AND rli_id = (SELECT id FROM \(schema).rli WHERE \(byURL))
            """
        deleteRLI = "DELETE FROM \(schema).rli WHERE \(byURL)"
        setUpdateTime = "UPDATE \(schema).rli SET last_update = $2 WHERE \(byURL)"
    }
}

extension PostgreSQLRLIRegistry {
    func rli(_ url: ByteString) throws(StorageError) -> RLIRecord? {
        try query(registry.rli, .with(url)).rliRecords.first
    }

    func addRLI(url: ByteString, flags: Int, pattern: ByteString) throws(StorageError) {
        _ = try query(registry.insertRLI, .with(url, flags))
        if !pattern.isEmpty { _ = try query(registry.insertPartition, .with(url, pattern)) }
    }

    func removeRLI(url: ByteString) throws(StorageError) { _ = try query(registry.deleteRLI, .with(url)) }

    func removePattern(_ pattern: ByteString, ofRLI url: ByteString) throws(StorageError) {
        _ = try query(registry.deletePartition, .with(url, pattern))
    }

    func setUpdateTime(ofRLI url: ByteString, to time: Int) throws(StorageError) {
        _ = try query(registry.setUpdateTime, .with(url, time))
    }
}

extension PostgreSQLParameters {
    fileprivate static func with(_ url: ByteString) -> PostgreSQLParameters {
        var parameters = PostgreSQLParameters()
        parameters.add(url)
        return parameters
    }

    fileprivate static func with(_ url: ByteString, _ number: Int) -> PostgreSQLParameters {
        var parameters = with(url)
        parameters.add(number)
        return parameters
    }

    fileprivate static func with(_ url: ByteString, _ pattern: ByteString) -> PostgreSQLParameters {
        var parameters = with(url)
        parameters.add(pattern)
        return parameters
    }
}

extension PostgreSQLResult {
    /// Of `rlis` or `rli`: a row for each pattern, or one without.
    var rliRecords: [RLIRecord] {
        var records: [RLIRecord] = []
        for row in 0..<count {
            let url = bytes(row, 0)
            var patterns = isNull(row, 3) ? [] : [bytes(row, 3)]
            if let last = records.last, last.url == url { patterns = records.removeLast().patterns + patterns }
            records.append(
                RLIRecord(url: url, flags: integer(row, 1), lastUpdate: integer(row, 2), patterns: patterns))
        }
        return records
    }
}
