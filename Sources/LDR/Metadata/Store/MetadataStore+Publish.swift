import RLSCore
import RLSStorage

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
            try change(rows[...]) { row, known in
                if let known, known.hasContent(of: row) {
                    outcome.unchanged += 1
                    return false
                }
                if known?.isDeleted ?? true { outcome.new += 1 } else { outcome.changed += 1 }
                return true
            }
        }
        return outcome
    }

    /// Marks the files as deleted at all sites; their copies are not touched.
    /// - Returns: how many were known
    @discardableResult
    package func delete(_ lfns: [ByteString]) throws(StorageError) -> Int {
        var deleted = 0
        let rows = lfns.map { MetadataRow(lfn: $0, isDeleted: true) }
        for start in stride(from: 0, to: rows.count, by: Self.rowsAtOnce) {
            try change(rows[start..<min(start + Self.rowsAtOnce, rows.count)]) { _, known in
                guard let known, !known.isDeleted else { return false }
                deleted += 1
                return true
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

    // MARK: Numbers and stamps

    /// Makes those of the rows that count this site's changes, as one transaction.
    /// - Parameter counts: is told what is known of the row's name
    private func change(
        _ rows: ArraySlice<MetadataRow>, _ counts: (MetadataRow, _ known: MetadataRow?) -> Bool
    ) throws(StorageError) {
        try write { (state) throws(StorageError) in
            try checkOwnClock(state)
            var next = state
            let more = try forEach(rows) { row, batch in
                if counts(row, batch[row.lfn]) { batch.put(stamped(row, &next)) }
            }
            state = next
            state.files += more
        }
    }

    private func checkOwnClock(_ state: MetadataState) throws(StorageError) {
        let now = now()
        if !HybridClock.isTooFarAhead(state.clock, now: now) { return }
        throw StorageError(
            .other,
            "\(tables.place): its last change is \(HybridClock.lead(state.clock, now: now)) ahead of this machine's "
                + "clock: set the clock right; if the clock was wrong before, restore a backup from before that time")
    }

    private func stamped(_ row: MetadataRow, _ state: inout MetadataState) -> MetadataRow {
        state.clock = HybridClock.next(after: state.clock, now: now())
        state.change += 1
        var stamped = row
        (stamped.clock, stamped.site, stamped.change) = (state.clock, site, state.change)
        return stamped
    }
}

extension MetadataRow {
    /// Whoever said so, and when.
    fileprivate func hasContent(of other: MetadataRow) -> Bool {
        isDeleted == other.isDeleted && size == other.size && checksums == other.checksums
            && collection == other.collection && attributes == other.attributes
    }
}
