/// Reads the changes of a segment, which may hold anything: what is not exactly as the manifest says is refused.
struct SegmentReader {
    private let gzip: GzipReader
    private let segment: LogManifest.Segment
    private var codec: RowCodec
    private var buffer: [UInt8] = []
    private var position = 0
    private var count = 0
    private var isAtEnd = false

    /// Of a change with its length, and of the header.
    private static let largestPart = MetadataLimits.record + 64

    /// - Parameter bytes: the segment's file
    init(_ bytes: [UInt8], segment: LogManifest.Segment, site: String) throws(MetadataError) {
        guard bytes.count == segment.bytes else {
            throw .damaged("\(bytes.count) bytes, where the manifest says \(segment.bytes)")
        }
        guard try LogDigest.hex(bytes) == segment.sha256 else {
            throw .damaged("its sha256 is not that of the manifest")
        }
        self.segment = segment
        gzip = try GzipReader(bytes, limit: (segment.count + 1) * Self.largestPart)
        codec = RowCodec(site: site, before: segment.first - 1)
        try readHeader(site)
    }

    private mutating func readHeader(_ site: String) throws(MetadataError) {
        try fill(SegmentWriter.magic.count + SiteName.maximumLength + 32)
        var reader = ByteReader(buffer)
        guard try reader.take(SegmentWriter.magic.count) == SegmentWriter.magic else {
            throw .damaged("not a segment of a log, or of a newer version")
        }
        let found = try reader.text(atMost: SiteName.maximumLength, of: "site")
        guard found == site else {
            throw MetadataError(
                .foreign, "changes of site \(found.debugDescription), where \(site) may only speak for itself")
        }
        guard try reader.number() == UInt64(segment.first) else { throw .damaged("begins with another change") }
        position = reader.position
    }

    /// nil at the end, when all has been seen to be as it should.
    mutating func next() throws(MetadataError) -> MetadataRow? {
        if isAtEnd { return nil }
        try fill(Self.largestPart)
        var reader = ByteReader(buffer, position..<buffer.count)
        let length = try reader.count(atMost: MetadataLimits.record, of: "a change's length")
        if length == 0 {
            try end(&reader)
            return nil
        }
        let start = reader.position
        try reader.skip(length)
        var part = ByteReader(buffer, start..<start + length)
        let row = try codec.row(&part)
        guard row.change <= segment.last else { throw .damaged("a change after its last") }
        position = start + length
        count += 1
        return row
    }

    private mutating func end(_ reader: inout ByteReader) throws(MetadataError) {
        let said = (try reader.number(), try reader.number())
        guard said == (UInt64(count), UInt64(segment.last)), count == segment.count else {
            throw .damaged("ends with another change than the manifest says")
        }
        position = reader.position
        isAtEnd = true
        try fill(1)
        guard reader.isAtEnd, position == buffer.count, gzip.isAtEnd else { throw .damaged("bytes after its end") }
    }

    /// At least so many bytes are in the buffer, or all that remain.
    private mutating func fill(_ count: Int) throws(MetadataError) {
        if buffer.count - position >= count || gzip.isAtEnd { return }
        buffer.removeFirst(position)
        position = 0
        while buffer.count < count && !gzip.isAtEnd { try gzip.read(into: &buffer) }
    }
}
