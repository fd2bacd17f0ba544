import RLSStorage

/// A segment's file, checked as a whole before any of it is used.
struct LogSegment {
    private let bytes: [UInt8]
    private let segment: LogManifest.Segment
    private let site: String

    init(_ bytes: [UInt8], _ segment: LogManifest.Segment, site: String) {
        self.bytes = bytes
        self.segment = segment
        self.site = site
    }

    /// Hands out the changes in groups that make good transactions.
    /// - Parameters:
    ///   - after: changes up to this one are left out
    ///   - now: milliseconds; refuses changes of the far future
    /// - Returns: the sum of what `body` returns
    func forEachGroup(
        after: Int = 0, at now: Int64, _ body: ([MetadataRow]) throws -> Int
    ) throws -> Int {
        try check(now)
        var reader = try SegmentReader(bytes, segment: segment, site: site)
        var sum = 0
        var group: [MetadataRow] = []
        var bytes = 0
        while let row = try reader.next() {
            if row.change <= after { continue }
            group.append(row)
            bytes += row.weight
            if group.count == MetadataStore.rowsAtOnce || bytes > MetadataStore.bytesAtOnce {
                sum += try body(group)
                group.removeAll(keepingCapacity: true)
                bytes = 0
            }
        }
        return group.isEmpty ? sum : sum + (try body(group))
    }

    /// Reading it twice takes less than holding it taken apart.
    private func check(_ now: Int64) throws(MetadataError) {
        var reader = try SegmentReader(bytes, segment: segment, site: site)
        while let row = try reader.next() { try MetadataStore.checkClock(of: row, now: now) }
    }
}
