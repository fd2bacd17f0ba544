import RLSCore
import RLSStorage
import RLSStorageSQLite

/// A metadata catalog in a file.
final class SQLiteMetadataTables: MetadataTables {
    let place: String
    let file: SharedSQLiteFile

    /// Opens or makes the file.
    init(path: String) throws(StorageError) {
        place = path
        file = try SharedSQLiteFile(.metadata, path: path, cacheKiB: 65_536)
    }

    // MARK: State

    func state() throws(StorageError) -> MetadataState {
        let statement = try file.connection.statement("SELECT change, clock, epoch, site, files FROM state")
        defer { statement.reset() }
        guard try statement.step(), let epoch = statement.text(2) else {
            throw .damagedMetadata(in: place, "the row of table state is missing")
        }
        return MetadataState(
            change: statement.integer(0), clock: Int64(statement.integer(1)), files: statement.integer(4),
            epoch: epoch, site: statement.text(3) ?? "")
    }

    func write<Value>(
        _ body: (inout MetadataState) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        try file.write { (connection) throws(StorageError) in
            let before = try state()
            var state = before
            let value = try body(&state)
            if state == before { return value }
            let statement = try connection.statement(
                "UPDATE state SET change = ?1, clock = ?2, epoch = ?3, site = ?4, files = ?5")
            try statement.bind(1, state.change).bind(2, state.clock).bind(3, text: state.epoch)
            try statement.bind(4, text: state.site).bind(5, state.files).run()
            return value
        }
    }

    // MARK: Files

    func rows(of names: [ByteString]) throws(StorageError) -> [MetadataRow] {
        let statement = try file.connection.statement("SELECT \(Self.columns) FROM file WHERE lfn = ?1")
        let find = { () throws(StorageError) -> [MetadataRow] in
            var found: [MetadataRow] = []
            for name in names {
                defer { statement.reset() }
                if try statement.bind(1, name).step() { found.append(Self.row(statement)) }
            }
            return found
        }
        if file.connection.isInTransaction || names.count < 2 { return try find() }
        return try file.read { (_) throws(StorageError) in try find() }
    }

    func rows(
        after: Int, through: Int, from site: String?, limit: Int, bytes: Int
    ) throws(StorageError) -> [MetadataRow] {
        let condition = "change > ?1 AND change <= ?2" + (site == nil ? "" : " AND site = ?4")
        let statement = try file.connection.statement(
            "SELECT \(Self.columns) FROM file WHERE \(condition) ORDER BY change LIMIT ?3")
        try statement.bind(1, after).bind(2, through).bind(3, limit)
        if let site { try statement.bind(4, text: site) }
        return try rows(statement, bytes: bytes)
    }

    func liveRows(after name: ByteString, limit: Int) throws(StorageError) -> [MetadataRow] {
        let statement = try file.connection.statement(
            "SELECT \(Self.columns) FROM file WHERE lfn > ?1 AND is_deleted = 0 ORDER BY lfn LIMIT ?2")
        return try rows(statement.bind(1, name).bind(2, limit))
    }

    func put(_ rows: [MetadataRow]) throws(StorageError) {
        let statement = try file.connection.statement(Self.replacement)
        for row in rows {
            try Self.bind(row, to: statement)
            try statement.run()
        }
    }

    private static let replacement = """
        INSERT INTO file (\(columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        ON CONFLICT (lfn) DO UPDATE SET is_deleted = ?2, size = ?3, adler32 = ?4, md5 = ?5, sha256 = ?6, collection = ?7, attributes = ?8, clock = ?9,
        site = ?10, change = ?11
        """

    // MARK: Peers

    private static let peerColumns = "SELECT site, epoch, position, checked, changed, error FROM peer"

    func peers() throws(StorageError) -> [PeerStatus] {
        try peers(try file.connection.statement(Self.peerColumns + " ORDER BY site"))
    }

    func peer(_ site: String) throws(StorageError) -> PeerStatus? {
        try peers(try file.connection.statement(Self.peerColumns + " WHERE site = ?1").bind(1, text: site)).first
    }

    private func peers(_ statement: SQLiteStatement) throws(StorageError) -> [PeerStatus] {
        defer { statement.reset() }
        var found: [PeerStatus] = []
        while try statement.step() {
            let position = PeerPosition(
                site: statement.text(0) ?? "", epoch: statement.text(1) ?? "", change: statement.integer(2))
            found.append(
                PeerStatus(
                    position: position, checked: Int64(statement.integer(3)), changed: Int64(statement.integer(4)),
                    error: statement.text(5)))
        }
        return found
    }

    func put(_ peer: PeerStatus) throws(StorageError) {
        let statement = try file.connection.statement(
            """
            INSERT INTO peer (site, epoch, position, checked, changed, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (site) DO UPDATE SET epoch = ?2, position = ?3, checked = ?4, changed = ?5, error = ?6
            """)
        let position = peer.position
        try statement.bind(1, text: position.site).bind(2, text: position.epoch).bind(3, position.change)
        try statement.bind(4, peer.checked).bind(5, peer.changed)
        if let error = peer.error { try statement.bind(6, text: error) } else { try statement.bindNull(6) }
        try statement.run()
    }
}
