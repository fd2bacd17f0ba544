import RLSCore
import RLSStorage

/// What is known of a file, and the site that had the last word; without a record it is deleted.
typealias LastWord = (record: FileRecord?, site: String, clock: Int64)

extension MetadataStore {
    /// What is known of a file; nil when it was never published, or is deleted.
    package func record(of lfn: ByteString) throws(StorageError) -> (record: FileRecord, stamp: ChangeStamp)? {
        guard let row = try tables.rows(of: [lfn]).first, !row.isDeleted else { return nil }
        return (try record(row), row.stamp)
    }

    /// Of those that are known and not deleted.
    package func records(of lfns: [ByteString]) throws(StorageError) -> [ByteString: FileRecord] {
        try described(lfns).mapValues(\.record)
    }

    /// The metadata of files, and the sites that they come from; of those that are known and not deleted.
    func described(_ lfns: [ByteString]) throws(StorageError) -> [ByteString: DescribedFile] {
        var found: [ByteString: DescribedFile] = [:]
        found.reserveCapacity(lfns.count)
        for row in try tables.rows(of: lfns) where !row.isDeleted {
            found[row.lfn] = DescribedFile(record: try record(row), publisher: row.site)
        }
        return found
    }

    func lastWord(on lfn: ByteString) throws(StorageError) -> LastWord? { try lastWords(on: [lfn])[lfn] }

    /// Of files that were heard of, some time. For a thousand or so: all are held at once.
    func lastWords(on lfns: [ByteString]) throws(StorageError) -> [ByteString: LastWord] {
        var words: [ByteString: LastWord] = [:]
        words.reserveCapacity(lfns.count)
        for row in try tables.rows(of: lfns) {
            words[row.lfn] = (row.isDeleted ? nil : try record(row), row.site, row.clock)
        }
        return words
    }

    // MARK: Changes

    /// Changes of all sites, in the order in which they came to be known here; deletions included. Of a file only the last.
    /// - Parameter after: the number of the last change that is already known to the caller; 0 for none
    package func changes(after: Int, limit: Int) throws(StorageError) -> [(change: Int, value: MetadataChange)] {
        try changes(tables.rows(after: after, through: .max, from: nil, limit: limit, bytes: .max))
    }

    /// Those of this site. There may be fewer than `limit` where records are large; none at the end.
    package func ownChanges(after: Int, limit: Int) throws(StorageError) -> [(change: Int, value: MetadataChange)] {
        try changes(ownRows(after: after, through: .max, limit: limit))
    }

    private func changes(_ rows: [MetadataRow]) throws(StorageError) -> [(change: Int, value: MetadataChange)] {
        var found: [(change: Int, value: MetadataChange)] = []
        found.reserveCapacity(rows.count)
        for row in rows { found.append((row.change, try metadataChange(row))) }
        return found
    }

    /// Fewer than `limit` where rows are large; none at the end.
    func ownRows(after: Int, through: Int, limit: Int) throws(StorageError) -> [MetadataRow] {
        try tables.rows(after: after, through: through, from: site, limit: limit, bytes: Self.bytesAtOnce)
    }

    // MARK: All files

    /// Shows all files that are not deleted in the order of their names, until `visit` returns false. Files that are published
    /// or deleted meanwhile may be seen or not; `visit` may use the store.
    /// - Parameter after: begins behind this name
    /// - Returns: the name at which `visit` ended it, to go on from; nil when all have been seen
    @discardableResult
    package func scan(
        after start: ByteString = .empty, _ visit: (FileRecord, ChangeStamp) throws -> Bool
    ) throws -> ByteString? {
        var last = start
        while true {
            let page = try tables.liveRows(after: last, limit: 1_000)
            for row in page where try !visit(record(row), row.stamp) { return row.lfn }
            guard let next = page.last else { return nil }
            last = next.lfn
        }
    }

    // MARK: Rows

    private func record(_ row: MetadataRow) throws(StorageError) -> FileRecord {
        do {
            return try row.record()
        } catch {
            throw damaged("\(row.lfn): \(error)")
        }
    }

    private func metadataChange(_ row: MetadataRow) throws(StorageError) -> MetadataChange {
        do {
            return try row.metadataChange()
        } catch {
            throw damaged("\(row.lfn): \(error)")
        }
    }

    private func damaged(_ what: String) -> StorageError { .damagedMetadata(in: tables.place, what) }
}

extension StorageError {
    static func damagedMetadata(in place: String, _ what: String) -> StorageError {
        StorageError(
            .corrupt, "\(place): \(what): restore a backup, or begin with none and follow the other sites again")
    }
}
