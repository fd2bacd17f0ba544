import RLSCore
import RLSStorage
import RLSStorageSQLite

extension MetadataStore {
    /// What is known of a file; nil when it was never published, or is deleted.
    package func record(of lfn: ByteString) throws(StorageError) -> (record: FileRecord, stamp: ChangeStamp)? {
        guard let row = try row(of: lfn), !row.isDeleted else { return nil }
        return (try record(row), row.stamp)
    }

    private func row(of lfn: ByteString) throws(StorageError) -> MetadataRow? {
        let statement = try file.connection.statement("SELECT \(Self.columns) FROM file WHERE lfn = ?1")
        return try rows(statement.bind(1, lfn)).first
    }

    /// Of those that are known and not deleted.
    package func records(of lfns: [ByteString]) throws(StorageError) -> [ByteString: FileRecord] {
        try file.read { (_) throws(StorageError) in
            var found: [ByteString: FileRecord] = [:]
            found.reserveCapacity(lfns.count)
            for lfn in lfns {
                guard let row = try row(of: lfn), !row.isDeleted else { continue }
                found[lfn] = try record(row)
            }
            return found
        }
    }

    // MARK: Changes

    /// Changes of all sites, in the order in which they came to be known here; deletions included. Of a file only the last.
    /// - Parameter after: the number of the last change that is already known to the caller; 0 for none
    package func changes(after: Int, limit: Int) throws(StorageError) -> [(change: Int, value: MetadataChange)] {
        let statement = try file.connection.statement(
            "SELECT \(Self.columns) FROM file WHERE change > ?1 ORDER BY change LIMIT ?2")
        return try changes(rows(statement.bind(1, after).bind(2, limit)))
    }

    /// Those of this site. There may be fewer than `limit` where records are large; none at the end.
    package func ownChanges(after: Int, limit: Int) throws(StorageError) -> [(change: Int, value: MetadataChange)] {
        try changes(ownRows(after: after, through: Int.max, limit: limit))
    }

    private func changes(_ rows: [MetadataRow]) throws(StorageError) -> [(change: Int, value: MetadataChange)] {
        var found: [(change: Int, value: MetadataChange)] = []
        found.reserveCapacity(rows.count)
        for row in rows { found.append((row.change, try metadataChange(row))) }
        return found
    }

    /// Fewer than `limit` where rows are large; none at the end.
    func ownRows(after: Int, through: Int, limit: Int) throws(StorageError) -> [MetadataRow] {
        let statement = try file.connection.statement(
            "SELECT \(Self.columns) FROM file WHERE change > ?1 AND change <= ?2 AND site = ?3 ORDER BY change LIMIT ?4"
        )
        try statement.bind(1, after).bind(2, through).bind(3, text: site).bind(4, limit)
        return try rows(statement, bytes: Self.bytesAtOnce)
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
            let page = try liveRows(after: last, limit: 1_000)
            for row in page where try !visit(record(row), row.stamp) { return row.lfn }
            guard let next = page.last else { return nil }
            last = next.lfn
        }
    }

    private func liveRows(after: ByteString, limit: Int) throws(StorageError) -> [MetadataRow] {
        let statement = try file.connection.statement(
            "SELECT \(Self.columns) FROM file WHERE lfn > ?1 AND is_deleted = 0 ORDER BY lfn LIMIT ?2")
        return try rows(statement.bind(1, after).bind(2, limit))
    }
}
