/// Makes the file of a segment: gzip of a header (magic, version, site, first change), changes each with their length before
/// them, and an end (length 0, number of changes, last change).
struct SegmentWriter {
    static let magic = Array("LDRLOG".utf8) + [1]

    private let site: String
    private let first: Int
    private let gzip: GzipWriter
    private var codec: RowCodec
    private var record: [UInt8] = []
    private var pending: [UInt8] = []
    private(set) var count = 0

    init(site: String, first: Int) throws(MetadataError) {
        self.site = site
        self.first = first
        gzip = try GzipWriter()
        codec = RowCodec(site: site, before: first - 1)
        pending = Self.magic
        pending.append(counted: site.utf8)
        pending.append(number: UInt64(first))
    }

    /// Rows of the site, in the order of their numbers.
    mutating func append(_ row: MetadataRow) {
        record.removeAll(keepingCapacity: true)
        codec.append(row, to: &record)
        pending.append(counted: record)
        count += 1
        if pending.count > 65_536 {
            gzip.write(pending)
            pending.removeAll(keepingCapacity: true)
        }
    }

    /// What was written, as the manifest will name it.
    mutating func finish(last: Int) throws(MetadataError) -> (segment: LogManifest.Segment, bytes: [UInt8]) {
        pending.append(0)
        pending.append(number: UInt64(count))
        pending.append(number: UInt64(last))
        gzip.write(pending)
        gzip.finish()
        let bytes = gzip.output
        let sha256 = try LogDigest.hex(bytes)
        let segment = LogManifest.Segment(
            first: first, last: last, count: count, bytes: bytes.count, sha256: sha256,
            name: LogManifest.name(first: first, last: last, sha256: sha256))
        return (segment, bytes)
    }
}
