import RLSCore
import RLSStorage

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
        return try write { (state) throws(StorageError) in
            let applied = try merge(rows, &state)
            try write(peer, changed: applied > 0)
            return applied
        }
    }

    /// Takes this site's own changes back from its log, after the database was lost.
    func recover(_ rows: [MetadataRow]) throws -> Int {
        try check(rows, of: site)
        return try write { (state) throws(StorageError) in try merge(rows, &state) }
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
    /// - Returns: how many of the rows count
    private func merge(_ rows: [MetadataRow], _ state: inout MetadataState) throws(StorageError) -> Int {
        var (change, clock) = (state.change, state.clock)
        state.files += try forEach(rows[...]) { row, batch in
            clock = max(clock, row.clock)
            if let known = batch[row.lfn], known.stamp >= row.stamp { return }
            change += 1
            var numbered = row
            numbered.change = change
            batch.put(numbered)
        }
        defer { (state.change, state.clock) = (change, clock) }
        return change - state.change
    }
}
