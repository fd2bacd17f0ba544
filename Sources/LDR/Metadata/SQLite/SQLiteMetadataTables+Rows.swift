import RLSCore
import RLSStorage
import RLSStorageSQLite

/// Columns of table `file` that make up a row.
extension SQLiteMetadataTables {
    static let columns =
        "lfn, is_deleted, size, adler32, md5, sha256, collection, attributes, clock, site, change"

    static func bind(_ row: MetadataRow, to statement: SQLiteStatement) throws(StorageError) {
        try statement.bind(1, row.lfn).bind(2, row.isDeleted ? 1 : 0).bind(3, row.size)
        if let adler32 = row.checksums.adler32 {
            try statement.bind(4, Int64(adler32))
        } else {
            try statement.bindNull(4)
        }
        try bind(row.checksums.md5, to: statement, 5)
        try bind(row.checksums.sha256, to: statement, 6)
        try statement.bind(7, text: row.collection).bind(8, ByteString(row.attributes))
        try statement.bind(9, row.clock).bind(10, text: row.site).bind(11, row.change)
    }

    private static func bind(_ bytes: [UInt8]?, to statement: SQLiteStatement, _ index: Int32) throws(StorageError) {
        if let bytes {
            try statement.bind(index, ByteString(bytes))
        } else {
            try statement.bindNull(index)
        }
    }

    /// The current row of a statement that selects `columns`.
    static func row(_ statement: SQLiteStatement) -> MetadataRow {
        let checksums = Checksums(
            adler32: statement.isNull(3) ? nil : UInt32(truncatingIfNeeded: statement.integer(3)),
            md5: statement.isNull(4) ? nil : statement.bytes(4).bytes,
            sha256: statement.isNull(5) ? nil : statement.bytes(5).bytes)
        return MetadataRow(
            lfn: statement.bytes(0), isDeleted: statement.integer(1) != 0, size: Int64(statement.integer(2)),
            checksums: checksums, collection: statement.text(6) ?? "", attributes: statement.bytes(7).bytes,
            clock: Int64(statement.integer(8)), site: statement.text(9) ?? "", change: statement.integer(10))
    }

    /// The rows of a statement whose parameters are bound; no more when they have so many bytes.
    func rows(_ statement: SQLiteStatement, bytes limit: Int = .max) throws(StorageError) -> [MetadataRow] {
        defer { statement.reset() }
        var found: [MetadataRow] = []
        var bytes = 0
        while bytes < limit, try statement.step() {
            let row = Self.row(statement)
            bytes += row.weight
            found.append(row)
        }
        return found
    }
}
