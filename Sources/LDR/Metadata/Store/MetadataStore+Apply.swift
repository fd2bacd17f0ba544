import RLSCore
import RLSStorage
import RLSStorageSQLite

extension MetadataStore {
    /// Takes over what another site changed, and notes how far its log has been followed, both or neither. A change that is
    /// older than what is known of its file does nothing.
    /// - Parameter changes: in the order of that site's log, 10,000 or so: others wait for the transaction
    /// - Returns: how many of them count
    /// - Throws: `MetadataError` when one is of another site, beyond the limits, or more than a day in the future
    @discardableResult
    package func apply(_ changes: [MetadataChange], of peer: PeerPosition) throws -> Int {
        var rows: [MetadataRow] = []
        rows.reserveCapacity(changes.count)
        for change in changes { rows.append(try MetadataRow(change)) }
        return try apply(rows, of: peer)
    }

    func apply(_ rows: [MetadataRow], of peer: PeerPosition) throws -> Int {
        try SiteName.check(peer.site)
        guard peer.site != site else {
            throw MetadataError(.foreign, "\(peer.site) is this site: it does not follow itself")
        }
        try check(rows, of: peer.site)
        return try file.write { (_) throws(StorageError) in
            let applied = try merge(rows)
            try note(peer, changed: applied > 0)
            return applied
        }
    }

    /// Takes this site's own changes back from its log, after the database was lost.
    func recover(_ rows: [MetadataRow]) throws -> Int {
        try check(rows, of: site)
        return try file.write { (_) throws(StorageError) in try merge(rows) }
    }

    private func check(_ rows: [MetadataRow], of peer: String) throws(MetadataError) {
        let now = now()
        for row in rows {
            guard row.site == peer else {
                throw MetadataError(.foreign, "\(row.lfn): the log of \(peer) holds a change of \(row.site)")
            }
            try Self.checkClock(of: row, now: now)
        }
    }

    static func checkClock(of row: MetadataRow, now: Int64) throws(MetadataError) {
        guard row.clock >= 0 else { throw .damaged("\(row.lfn): a change has an impossible clock") }
        if !HybridClock.isTooFarAhead(row.clock, now: now) { return }
        throw MetadataError(
            .clock,
            "\(row.lfn): \(row.site) changed it \(HybridClock.lead(row.clock, now: now)) in the future: one of the two "
                + "machines' clocks is wrong; what was published with a wrong clock must be published again")
    }

    /// In a transaction.
    private func merge(_ rows: [MetadataRow]) throws(StorageError) -> Int {
        if rows.isEmpty { return 0 }
        var state = try state()
        let before = state
        let statement = try file.connection.statement(Self.mergeSQL)
        for row in rows {
            var numbered = row
            numbered.change = state.change + 1
            try bind(numbered, to: statement)
            if try statement.run() > 0 { state.change += 1 }
            state.clock = max(state.clock, row.clock)
        }
        if state.change != before.change || state.clock != before.clock { try write(state) }
        return state.change - before.change
    }

    private static let mergeSQL = """
        INSERT INTO file (\(columns)) VALUES (\(parameters)) ON CONFLICT (lfn) DO UPDATE SET
        is_deleted = excluded.is_deleted, size = excluded.size, adler32 = excluded.adler32, md5 = excluded.md5,
        sha256 = excluded.sha256, collection = excluded.collection, attributes = excluded.attributes,
        clock = excluded.clock, site = excluded.site, change = excluded.change
        WHERE (excluded.clock, excluded.site) > (file.clock, file.site)
        """
}
