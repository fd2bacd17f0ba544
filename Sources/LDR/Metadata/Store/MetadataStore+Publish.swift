import RLSCore
import RLSStorage
import RLSStorageSQLite

/// What became of records that were published.
package struct PublishOutcome: Sendable, Hashable {
    /// Of files that were not known, or had been deleted.
    package var new = 0
    package var changed = 0
    package var unchanged = 0

    package init(new: Int = 0, changed: Int = 0, unchanged: Int = 0) {
        self.new = new
        self.changed = changed
        self.unchanged = unchanged
    }
}

extension MetadataStore {
    /// Makes the records known as this site's. Those that are known like this, whoever published them, make no change, so that
    /// publishing may be repeated at will. Of two records of one file the last counts.
    ///
    /// A failure, or a record that is beyond the limits, may leave some of the records published: repeat all.
    package func publish(_ records: [FileRecord]) throws(StorageError) -> PublishOutcome {
        var outcome = PublishOutcome()
        let order = Self.inOrderOfNames(records)
        for start in stride(from: 0, to: records.count, by: Self.rowsAtOnce) {
            let end = min(start + Self.rowsAtOnce, records.count)
            var rows: [MetadataRow] = []
            rows.reserveCapacity(end - start)
            for index in start..<end { rows.append(try Self.checked(records[order?[index] ?? index])) }
            try change { (state) throws(StorageError) in
                for row in rows { try publish(row, &state, &outcome) }
            }
        }
        return outcome
    }

    /// Marks the files as deleted at all sites; their copies are not touched.
    /// - Returns: how many were known
    @discardableResult
    package func delete(_ lfns: [ByteString]) throws(StorageError) -> Int {
        var deleted = 0
        for start in stride(from: 0, to: lfns.count, by: Self.rowsAtOnce) {
            try change { (state) throws(StorageError) in
                for lfn in lfns[start..<min(start + Self.rowsAtOnce, lfns.count)] {
                    let row = stamped(MetadataRow(lfn: lfn, isDeleted: true), state)
                    let statement = try file.connection.statement(Self.deletion)
                    try bind(row, to: statement)
                    if try statement.run() > 0 { advance(&state, to: row, &deleted) }
                }
            }
        }
        return deleted
    }

    // MARK: Rows

    private static func checked(_ record: FileRecord) throws(StorageError) -> MetadataRow {
        do {
            return try MetadataRow(record)
        } catch {
            throw StorageError(.other, error.message)
        }
    }

    /// Indexes in the order of names, which lets the database write each of its pages but once; nil where they are so already.
    private static func inOrderOfNames(_ records: [FileRecord]) -> [Int]? {
        let isSorted = records.indices.dropFirst().allSatisfy { records[$0 - 1].lfn <= records[$0].lfn }
        if isSorted { return nil }
        return records.indices.sorted { (records[$0].lfn, $0) < (records[$1].lfn, $1) }
    }

    private func publish(
        _ record: MetadataRow, _ state: inout State, _ outcome: inout PublishOutcome
    ) throws(StorageError) {
        let row = stamped(record, state)
        let insertion = try file.connection.statement(Self.insertion)
        try bind(row, to: insertion)
        if try insertion.run() > 0 { return advance(&state, to: row, &outcome.new) }
        let update = try file.connection.statement(Self.update)
        try bind(row, to: update)
        let wasDeleted = try isDeleted(row.lfn)
        guard try update.run() > 0 else {
            outcome.unchanged += 1
            return
        }
        if wasDeleted { advance(&state, to: row, &outcome.new) } else { advance(&state, to: row, &outcome.changed) }
    }

    private func isDeleted(_ lfn: ByteString) throws(StorageError) -> Bool {
        try file.connection.statement("SELECT 1 FROM file WHERE lfn = ?1 AND is_deleted = 1").bind(1, lfn).hasRow()
    }

    // MARK: Numbers and stamps

    /// Runs `body` as one transaction, with the state as it is then; writes the state that it leaves.
    private func change(_ body: (inout State) throws(StorageError) -> Void) throws(StorageError) {
        try file.write { (_) throws(StorageError) in
            var state = try state()
            try checkOwnClock(state)
            let before = state.change
            try body(&state)
            if state.change != before { try write(state) }
        }
    }

    private func checkOwnClock(_ state: State) throws(StorageError) {
        let now = now()
        if !HybridClock.isTooFarAhead(state.clock, now: now) { return }
        throw StorageError(
            .other,
            "\(path): its last change is \(HybridClock.lead(state.clock, now: now)) ahead of this machine's clock: set the "
                + "clock right; if the clock was wrong before, restore a backup of the file from before that time")
    }

    private func stamped(_ row: MetadataRow, _ state: State) -> MetadataRow {
        var stamped = row
        stamped.clock = HybridClock.next(after: state.clock, now: now())
        stamped.site = site
        stamped.change = state.change + 1
        return stamped
    }

    private func advance(_ state: inout State, to row: MetadataRow, _ count: inout Int) {
        state.change = row.change
        state.clock = row.clock
        count += 1
    }

    // MARK: SQL

    private static let insertion =
        "INSERT INTO file (\(columns)) VALUES (\(parameters)) ON CONFLICT (lfn) DO NOTHING"

    private static let assignments = """
        is_deleted = ?2, size = ?3, adler32 = ?4, md5 = ?5, sha256 = ?6, collection = ?7, attributes = ?8, clock = ?9,
        site = ?10, change = ?11
        """

    private static let update = """
        UPDATE file SET \(assignments) WHERE lfn = ?1 AND (is_deleted <> ?2 OR size <> ?3 OR adler32 IS NOT ?4 OR
        md5 IS NOT ?5 OR sha256 IS NOT ?6 OR collection <> ?7 OR attributes <> ?8)
        """

    private static let deletion = "UPDATE file SET \(assignments) WHERE lfn = ?1 AND is_deleted = 0"
}
