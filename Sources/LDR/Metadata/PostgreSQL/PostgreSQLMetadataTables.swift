import RLSCore
import RLSStorage
import RLSStoragePostgreSQL

/// A metadata catalog in a PostgreSQL database.
final class PostgreSQLMetadataTables: MetadataTables {
    let database: SharedPostgreSQLDatabase

    /// Rows of an answer: each may have as many bytes as a record may.
    private static let portion = 1_000
    /// Changes that one statement goes through for those of a site, of which there may be none in millions.
    private static let window = 100_000

    /// Nothing is asked of the database yet.
    init(_ settings: PostgreSQLSettings) { database = SharedPostgreSQLDatabase(.metadata, settings) }

    var place: String { database.place }

    // MARK: State

    func state() throws(StorageError) -> MetadataState { try state(database.read(MetadataSQL.state)) }

    private func state(_ found: PostgreSQLResult) throws(StorageError) -> MetadataState {
        guard found.count == 1 else {
            throw .damagedMetadata(in: place, "table ldr.state has \(found.count) rows in place of one")
        }
        return MetadataState(
            change: found.integer(0, 0), clock: Int64(found.integer(0, 1)), files: found.integer(0, 4),
            epoch: found.text(0, 2), site: found.text(0, 3))
    }

    func write<Value>(
        _ body: (inout MetadataState) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        try database.write(locking: MetadataSQL.lockedState) { (found) throws(StorageError) in
            let before = try state(found)
            var state = before
            let value = try body(&state)
            if state != before { try put(state) }
            return value
        }
    }

    private func put(_ state: MetadataState) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(state.change)
        parameters.add(Int(state.clock))
        parameters.add(ByteString(state.epoch))
        parameters.add(ByteString(state.site))
        parameters.add(state.files)
        try database.send(MetadataSQL.setState, parameters)
    }

    // MARK: Files

    func rows(of names: [ByteString]) throws(StorageError) -> [MetadataRow] {
        // A name that stands twice would be found twice.
        let names = names.count < 2 ? names : Array(Set(names))
        var rows: [MetadataRow] = []
        for start in stride(from: 0, to: names.count, by: Self.portion) {
            var parameters = PostgreSQLParameters()
            parameters.add(names: names[start..<min(start + Self.portion, names.count)].map { StoredName($0) })
            rows += try database.read(MetadataSQL.rowsOfNames, parameters).metadataRows
        }
        return rows
    }

    func rows(
        after: Int, through: Int, from site: String?, limit: Int, bytes: Int
    ) throws(StorageError) -> [MetadataRow] {
        var (rows, weight, last) = ([MetadataRow](), 0, after)
        let end = min(through, try state().change)
        while rows.count < limit && weight < bytes && last < end {
            let portion = min(limit - rows.count, Self.portion)
            let near = site == nil ? end : min(end, last + Self.window)
            let found = try self.rows(after: last, through: near, from: site, limit: portion)
            rows += found
            weight += found.reduce(0) { $0 + $1.weight }
            last = found.count == portion ? found.last?.change ?? near : near
        }
        return rows
    }

    private func rows(
        after: Int, through: Int, from site: String?, limit: Int
    ) throws(StorageError) -> [MetadataRow] {
        var parameters = PostgreSQLParameters()
        for number in [after, through, limit] { parameters.add(number) }
        if let site { parameters.add(ByteString(site)) }
        return try database.read(MetadataSQL.changes(ofSite: site != nil), parameters).metadataRows
    }

    func liveRows(after name: ByteString, limit: Int) throws(StorageError) -> [MetadataRow] {
        var parameters = PostgreSQLParameters()
        parameters.add(name: StoredName(name))
        parameters.add(min(limit, Self.portion))
        return try database.read(MetadataSQL.liveRows, parameters).metadataRows
    }

    func put(_ rows: [MetadataRow]) throws(StorageError) {
        if rows.isEmpty { return }
        var parameters = PostgreSQLParameters()
        parameters.add(names: rows.map { StoredName($0.lfn) })
        parameters.add(rows.map { $0.isDeleted ? 1 : 0 })
        parameters.add(rows.map { Int($0.size) })
        parameters.add(orNull: rows.map { $0.checksums.adler32.map { Int($0) } })
        parameters.add(orNull: rows.map { $0.checksums.md5.map { ByteString($0) } })
        parameters.add(orNull: rows.map { $0.checksums.sha256.map { ByteString($0) } })
        parameters.add(rows.map { ByteString($0.collection) })
        parameters.add(rows.map { ByteString($0.attributes) })
        parameters.add(rows.map { Int($0.clock) })
        parameters.add(rows.map { ByteString($0.site) })
        parameters.add(rows.map(\.change))
        try database.send(MetadataSQL.put, parameters)
    }

    // MARK: Peers

    func peers() throws(StorageError) -> [PeerStatus] { try database.read(MetadataSQL.peers).peers }

    func peer(_ site: String) throws(StorageError) -> PeerStatus? {
        var parameters = PostgreSQLParameters()
        parameters.add(ByteString(site))
        return try database.read(MetadataSQL.peerOfSite, parameters).peers.first
    }

    func put(_ peer: PeerStatus) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(ByteString(peer.position.site))
        parameters.add(ByteString(peer.position.epoch))
        parameters.add(peer.position.change)
        parameters.add(Int(peer.checked))
        parameters.add(Int(peer.changed))
        parameters.add(ByteString(peer.error ?? ""))
        try database.send(MetadataSQL.putPeer, parameters)
    }
}

extension PostgreSQLResult {
    fileprivate func text(_ row: Int, _ column: Int32) -> String {
        String(decoding: bytes(row, column).bytes, as: UTF8.self)
    }

    fileprivate var metadataRows: [MetadataRow] { (0..<count).map { metadataRow($0) } }

    private func metadataRow(_ row: Int) -> MetadataRow {
        let checksums = Checksums(
            adler32: isNull(row, 4) ? nil : UInt32(truncatingIfNeeded: integer(row, 4)),
            md5: isNull(row, 5) ? nil : bytes(row, 5).bytes, sha256: isNull(row, 6) ? nil : bytes(row, 6).bytes)
        return MetadataRow(
            lfn: name(row, 0), isDeleted: boolean(row, 2), size: Int64(integer(row, 3)), checksums: checksums,
            collection: text(row, 7), attributes: bytes(row, 8).bytes, clock: Int64(integer(row, 9)),
            site: text(row, 10), change: integer(row, 11))
    }

    fileprivate var peers: [PeerStatus] {
        (0..<count).map { row in
            PeerStatus(
                position: PeerPosition(site: text(row, 0), epoch: text(row, 1), change: integer(row, 2)),
                checked: Int64(integer(row, 3)), changed: Int64(integer(row, 4)),
                error: isNull(row, 5) ? nil : text(row, 5))
        }
    }
}
