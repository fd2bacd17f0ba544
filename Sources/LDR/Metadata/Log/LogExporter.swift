import Foundation
import RLSStorage

/// What an export did.
package struct ExportOutcome: Sendable, Hashable {
    /// Changes in new segments.
    package var exported = 0
    /// Of the log now.
    package var segments = 0
    /// The log began anew, for the database was older than it.
    package var isNewEpoch = false
    /// This site's changes that the database had lost, and got back from the log.
    package var recovered = 0
    /// Why some of them could not be got back.
    package var notRecovered: String?
}

/// Writes what this site has changed to a directory that others fetch from: segments that never change, and a manifest that
/// names them. Killed at any moment, it leaves a log that is whole, and goes on from there.
package struct LogExporter {
    let store: MetadataStore
    let directory: LogDirectory
    /// Tests end an export between its steps.
    var afterStep: (Step) throws -> Void = { _ in }

    enum Step: CaseIterable {
        case newEpoch, segmentWritten, positionNoted, manifestWritten, oldRemoved
    }

    static let changesOfSegment = 20_000
    /// As many as a manifest gets at once, so that a long export that is killed does not begin anew.
    static let segmentsAtOnce = 50
    /// Followers may still be reading files that the manifest named.
    static let secondsToKeep = 3_600.0
    /// Changes of others that are looked at again and again before the manifest says that they have been.
    private static let largestGap = 20_000

    /// - Parameter directory: of all logs; this site's gets a directory of its own there, with the site's name
    package init(_ store: MetadataStore, directory: String) {
        self.store = store
        self.directory = LogDirectory(path: directory + "/" + store.site)
    }

    /// Brings the log up to date.
    /// - Throws: `MetadataError` when another program does the same, or the directory fails; `StorageError`
    @discardableResult
    package func export() throws -> ExportOutcome {
        try directory.make()
        return try directory.exclusively {
            var outcome = ExportOutcome()
            var manifest = try begin(&outcome)
            while try !extend(&manifest, &outcome) {}
            try removeOld(manifest)
            outcome.segments = manifest.segments.count
            return outcome
        }
    }

    // MARK: Steps

    /// The log as it is, or as it begins.
    private func begin(_ outcome: inout ExportOutcome) throws -> LogManifest {
        let found = try manifest()
        let noted = try store.position(of: store.site)
        var epoch = try store.state().epoch
        if let found, found.epoch == epoch, let noted, noted.epoch == epoch, noted.change >= found.last { return found }
        // Numbers of the database's present state may have been given out before, to other changes. A log of another epoch was
        // left by a run that was killed after it had begun the new one, or by a database that was lost.
        if (found?.epoch ?? noted?.epoch) == epoch {
            try store.beginEpoch()
            epoch = try store.state().epoch
            try afterStep(.newEpoch)
        }
        outcome.isNewEpoch = found != nil || noted != nil
        if let found { recover(found, &outcome) }
        return LogManifest(site: store.site, epoch: epoch, last: 0, segments: [])
    }

    /// nil when there is none that can be used.
    private func manifest() throws -> LogManifest? {
        guard let text = try directory.contents(of: LogManifest.name, atMost: LogManifest.maximumBytes) else {
            return nil
        }
        guard let found = try? LogManifest(text: text) else { return nil }
        guard found.site == store.site else {
            throw MetadataError(
                .foreign,
                "\(directory.path)/\(LogManifest.name): the log of site \(found.site), not of \(store.site): give another directory"
            )
        }
        return found
    }

    /// Adds new changes, joins small segments; true when all changes have been written.
    private func extend(_ manifest: inout LogManifest, _ outcome: inout ExportOutcome) throws -> Bool {
        let through = try store.lastChange
        var next = manifest
        let isDone = try addSegments(to: &next, through: through, &outcome)
        try join(&next)
        let isGap = next.last - manifest.last >= Self.largestGap
        if next.segments != manifest.segments || isGap || outcome.isNewEpoch || !hasManifest {
            try replace(manifest, by: next)
            manifest = next
        }
        return isDone
    }

    private var hasManifest: Bool { directory.size(of: LogManifest.name) != nil }

    private func addSegments(
        to manifest: inout LogManifest, through: Int, _ outcome: inout ExportOutcome
    ) throws -> Bool {
        for _ in 0..<Self.segmentsAtOnce {
            let rows = try store.ownRows(after: manifest.last, through: through, limit: Self.changesOfSegment)
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

    /// Also writes anew what has got lost.
    private func join(_ manifest: inout LogManifest) throws {
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

    private func replace(_ old: LogManifest, by new: LogManifest) throws {
        let names = Set(new.segments.map(\.name))
        let time = Date(timeIntervalSince1970: Double(store.now()) / 1_000)
        // How long they are kept counts from here.
        for segment in old.segments where !names.contains(segment.name) { directory.touch(segment.name, time) }
        try directory.sync()
        // Before the manifest: a database that knows of less than the manifest says was restored from a backup.
        try store.note(PeerPosition(site: new.site, epoch: new.epoch, change: new.last), changed: true)
        try afterStep(.positionNoted)
        try directory.write(new.text(), to: LogManifest.name)
        try directory.sync()
        try afterStep(.manifestWritten)
    }

    private func removeOld(_ manifest: LogManifest) throws {
        let names = Set(manifest.segments.map(\.name))
        let limit = Date(timeIntervalSince1970: Double(store.now()) / 1_000 - Self.secondsToKeep)
        for (name, changed) in try directory.files() where !names.contains(name) && changed < limit {
            directory.remove(name)
            try afterStep(.oldRemoved)
        }
    }

    // MARK: Recovery

    /// Takes back from the log what the database has lost. What cannot be taken back stays with those who have it.
    private func recover(_ manifest: LogManifest, _ outcome: inout ExportOutcome) {
        for segment in manifest.segments {
            do {
                outcome.recovered += try recover(segment)
            } catch {
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
