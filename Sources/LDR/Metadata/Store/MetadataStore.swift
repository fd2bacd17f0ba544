import RLSCore
import RLSStorage

/// A site's metadata catalog: what is known of every published file, of its own and of other sites. Used by one thread at a
/// time; several programs of the site may have it open.
///
/// Of two changes of one file the one with the later `ChangeStamp` counts, at every site. Every change that counts gets the
/// next number here; a file is found under the number of its last change only.
package final class MetadataStore {
    /// This site.
    package let site: String
    let tables: any MetadataTables
    /// Milliseconds since 1970.
    let now: () -> Int64

    /// Rows of a transaction: others that write wait for no more.
    static let rowsAtOnce = 10_000
    /// Of a transaction's rows, those whose predecessors are held at once: each may have as many bytes as a record may.
    static let rowsTogether = 1_000
    /// Of rows that are held at once, where they may be large.
    static let bytesAtOnce = 32 << 20

    /// Opens or makes a file.
    package convenience init(path: String, site: String) throws(StorageError) {
        try self.init(try SQLiteMetadataTables(path: path), site: site)
    }

    init(
        _ tables: any MetadataTables, site: String, now: @escaping () -> Int64 = HybridClock.milliseconds
    ) throws(StorageError) {
        do {
            try SiteName.check(site)
        } catch {
            throw StorageError(.other, error.message)
        }
        self.site = site
        self.tables = tables
        self.now = now
    }

    // MARK: State

    private func state() throws(StorageError) -> MetadataState {
        let state = try tables.state()
        try checkOwner(state)
        return state
    }

    /// Runs `body` as one change of this site's catalog.
    func write<Value>(
        _ body: (inout MetadataState) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        try tables.write { (state) throws(StorageError) in
            try checkOwner(state)
            state.site = site
            return try body(&state)
        }
    }

    /// A database is easily named in the configurations of two sites.
    private func checkOwner(_ state: MetadataState) throws(StorageError) {
        if state.site.isEmpty || state.site == site { return }
        throw StorageError(
            .refused, "\(tables.place): the metadata of site \(state.site), not of \(site): each site has its own")
    }

    /// Says to all followers that the log begins anew: for a site whose database and log were both restored from a backup, so
    /// that it gave out numbers once more which others have already seen.
    package func beginEpoch() throws(StorageError) {
        let words = (0..<2).map { _ in
            let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        try write { (state) in state.epoch = words.joined() }
    }

    /// The last number that was given to a change.
    package var lastChange: Int {
        get throws(StorageError) { try state().change }
    }

    /// Tells the numbers of this catalog's changes from those of one that was made anew or restored.
    package var epoch: String {
        get throws(StorageError) { try state().epoch }
    }

    /// Files that are not deleted.
    package var count: Int {
        get throws(StorageError) { try state().files }
    }

    // MARK: Changes

    /// Looks at each of the rows with what is known of its name, a few at a time, and writes what `decide` puts into the
    /// batch. In a transaction.
    /// - Returns: how many files more there are than before that are not deleted
    func forEach(
        _ rows: ArraySlice<MetadataRow>, _ decide: (MetadataRow, inout MetadataBatch) -> Void
    ) throws(StorageError) -> Int {
        var more = 0
        for start in stride(from: rows.startIndex, to: rows.endIndex, by: Self.rowsTogether) {
            let part = rows[start..<min(start + Self.rowsTogether, rows.endIndex)]
            var batch = MetadataBatch(try tables.rows(of: part.map(\.lfn)))
            for row in part { decide(row, &batch) }
            try tables.put(batch.changed)
            more += batch.more
        }
        return more
    }
}
