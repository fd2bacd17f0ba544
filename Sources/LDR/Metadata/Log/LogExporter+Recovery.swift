/// After the loss of a database.
extension LogExporter {
    /// Takes back from the log what the database has lost. What cannot be taken back stays with those who have it.
    /// - Throws: when the store fails; the old log then still is the one that counts
    func recover(_ manifest: LogManifest, _ outcome: inout ExportOutcome) throws {
        for segment in manifest.segments {
            do {
                outcome.recovered += try recover(segment)
            } catch let error as MetadataError {
                outcome.notRecovered = "\(directory.path)/\(segment.name): \(error)"
            }
        }
    }

    private func recover(_ segment: LogManifest.Segment) throws -> Int {
        guard let bytes = try directory.contents(of: segment.name, atMost: segment.bytes) else {
            throw MetadataError(.unavailable, "is missing")
        }
        return try LogSegment(bytes, segment, site: store.site).forEachGroup(at: store.now()) { rows in
            try store.recover(rows)
        }
    }
}
