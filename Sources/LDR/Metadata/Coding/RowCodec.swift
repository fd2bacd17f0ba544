import RLSCore

/// A row in a segment of the log. Change numbers and clocks go up, so only the distance to the row before is written.
struct RowCodec {
    private enum Flag {
        static let deleted: UInt8 = 1
        static let adler32: UInt8 = 2
        static let md5: UInt8 = 4
        static let sha256: UInt8 = 8
        static let all: UInt8 = 15
    }

    /// Of the row before.
    private(set) var change: Int
    private(set) var clock: Int64 = 0
    private let site: String

    /// - Parameter before: the change before the first of the segment
    init(site: String, before: Int) {
        self.site = site
        change = before
    }

    // MARK: Writing

    mutating func append(_ row: MetadataRow, to bytes: inout [UInt8]) {
        bytes.append(Self.flags(row))
        bytes.append(number: UInt64(row.change - change))
        bytes.append(signedNumber: row.clock &- clock)
        (change, clock) = (row.change, row.clock)
        bytes.append(counted: row.lfn.bytes)
        if row.isDeleted { return }
        bytes.append(number: UInt64(bitPattern: row.size))
        if let adler32 = row.checksums.adler32 { bytes.append(number: UInt64(adler32)) }
        if let md5 = row.checksums.md5 { bytes.append(contentsOf: md5) }
        if let sha256 = row.checksums.sha256 { bytes.append(contentsOf: sha256) }
        bytes.append(counted: row.collection.utf8)
        bytes.append(counted: row.attributes)
    }

    private static func flags(_ row: MetadataRow) -> UInt8 {
        if row.isDeleted { return Flag.deleted }
        return (row.checksums.adler32 == nil ? 0 : Flag.adler32) | (row.checksums.md5 == nil ? 0 : Flag.md5)
            | (row.checksums.sha256 == nil ? 0 : Flag.sha256)
    }

    // MARK: Reading

    /// All of `reader` is one row.
    mutating func row(_ reader: inout ByteReader) throws(MetadataError) -> MetadataRow {
        let flags = try reader.byte()
        guard flags & ~Flag.all == 0, flags & Flag.deleted == 0 || flags == Flag.deleted else {
            throw .damaged("a change of an unknown kind")
        }
        try advance(&reader)
        let lfn = ByteString(try reader.bytes(atMost: MetadataLimits.name, of: "LFN"))
        var row = MetadataRow(lfn: lfn, isDeleted: flags == Flag.deleted, clock: clock, site: site, change: change)
        if !row.isDeleted { try readContent(of: &row, flags, &reader) }
        guard reader.isAtEnd else { throw .damaged("bytes after a change") }
        if let problem = row.problem { throw .damaged(problem) }
        return row
    }

    private mutating func advance(_ reader: inout ByteReader) throws(MetadataError) {
        let step = try reader.number()
        guard step > 0, step <= UInt64(Int.max - change) else { throw .damaged("changes are not in their order") }
        change += Int(step)
        let (next, overflow) = clock.addingReportingOverflow(try reader.signedNumber())
        guard !overflow, next >= 0 else { throw .damaged("a change has an impossible clock") }
        clock = next
    }

    private func readContent(
        of row: inout MetadataRow, _ flags: UInt8, _ reader: inout ByteReader
    ) throws(MetadataError) {
        row.size = Int64(try reader.count(atMost: Int.max, of: "size"))
        if flags & Flag.adler32 != 0 {
            row.checksums.adler32 = UInt32(try reader.count(atMost: Int(UInt32.max), of: "adler32"))
        }
        if flags & Flag.md5 != 0 { row.checksums.md5 = try reader.take(16) }
        if flags & Flag.sha256 != 0 { row.checksums.sha256 = try reader.take(32) }
        row.collection = try reader.text(atMost: MetadataLimits.name, of: "collection")
        row.attributes = try reader.bytes(atMost: MetadataLimits.record, of: "attributes")
        _ = try AttributeCodec.decode(row.attributes)
    }
}
