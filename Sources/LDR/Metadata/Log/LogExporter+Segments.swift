/// Writes segments from the database.
extension LogExporter {
    /// True when all changes up to `through` are in segments.
    func addSegments(
        to manifest: inout LogManifest, through: Int, _ outcome: inout ExportOutcome
    ) throws -> Bool {
        for _ in 0..<segmentsAtOnce {
            let rows = try store.ownRows(after: manifest.last, through: through, limit: changesOfSegment)
            guard let last = rows.last?.change else {
                manifest.last = max(manifest.last, through)
                return true
            }
            var writer = try SegmentWriter(site: store.site, first: manifest.last + 1)
            for row in rows { writer.append(row) }
            manifest.segments.append(try write(&writer, last: last))
            manifest.last = last
            outcome.exported += rows.count
        }
        return false
    }

    /// Joins small segments into larger ones; also writes anew what has got lost.
    func join(_ manifest: inout LogManifest) throws {
        let segments = manifest.segments
        manifest.segments = try MergePlan.groups(segments).map { group in
            let first = segments[group.lowerBound]
            if group.count == 1 && directory.size(of: first.name) == first.bytes { return first }
            return try segment(first.first, through: segments[group.upperBound - 1].last)
        }
    }

    /// From the database: what has been changed again since is in a later one.
    private func segment(_ first: Int, through last: Int) throws -> LogManifest.Segment {
        var writer = try SegmentWriter(site: store.site, first: first)
        var position = first - 1
        while true {
            let rows = try store.ownRows(after: position, through: last, limit: MetadataStore.rowsAtOnce)
            guard let end = rows.last?.change else { break }
            for row in rows { writer.append(row) }
            position = end
        }
        return try write(&writer, last: last)
    }

    private func write(_ writer: inout SegmentWriter, last: Int) throws -> LogManifest.Segment {
        let (segment, bytes) = try writer.finish(last: last)
        try directory.write(bytes, to: segment.name)
        try afterStep(.segmentWritten)
        return segment
    }
}
