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

    var changesOfSegment = 20_000
    /// As many as a manifest gets at once, so that a long export that is killed does not begin anew.
    var segmentsAtOnce = 50
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
            var log = try begin(&outcome)
            while try !extend(&log, &outcome) {}
            try removeOld(log.manifest)
            outcome.segments = log.manifest.segments.count
            return outcome
        }
    }

    // MARK: Steps

    private struct Log {
        var manifest: LogManifest
        /// What the manifest in the directory names.
        var named: [LogManifest.Segment]
        /// Whether that is this one.
        var isWritten: Bool
    }

    /// The log as it is, or as it begins.
    private func begin(_ outcome: inout ExportOutcome) throws -> Log {
        let found = try manifest()
        let noted = try store.position(of: store.site)
        let epoch = try store.epoch
        if let found, found.epoch == epoch, let noted, noted.epoch == epoch, noted.change >= found.last {
            return Log(manifest: found, named: found.segments, isWritten: true)
        }
        // The database is new, or from a backup: it may give out numbers that followers have seen on other changes.
        try store.beginEpoch()
        try afterStep(.newEpoch)
        outcome.isNewEpoch = found != nil || noted != nil
        if let found { try recover(found, &outcome) }
        let empty = LogManifest(site: store.site, epoch: try store.epoch, last: 0, segments: [])
        return Log(manifest: empty, named: found?.segments ?? [], isWritten: false)
    }

    /// nil when there is none that can be used.
    private func manifest() throws -> LogManifest? {
        guard let found = try readManifest() else { return nil }
        guard found.site == store.site else {
            throw MetadataError(
                .foreign,
                "\(directory.path)/\(LogManifest.name): the log of site \(found.site), not of \(store.site): give another directory"
            )
        }
        return found
    }

    private func readManifest() throws -> LogManifest? {
        do {
            let text = try directory.contents(of: LogManifest.name, atMost: LogManifest.maximumBytes)
            return try text.map { try LogManifest(text: $0) }
        } catch let error as MetadataError where error.reason != .unavailable {
            return nil
        }
    }

    /// Adds new changes, joins small segments; true when all changes have been written.
    private func extend(_ log: inout Log, _ outcome: inout ExportOutcome) throws -> Bool {
        let through = try store.lastChange
        var next = log.manifest
        let isDone = try addSegments(to: &next, through: through, &outcome)
        try join(&next)
        let isGap = next.last - log.manifest.last >= Self.largestGap
        if next.segments != log.manifest.segments || isGap || !log.isWritten {
            try replace(log.named, by: next)
            log = Log(manifest: next, named: next.segments, isWritten: true)
        }
        return isDone
    }

    private func replace(_ old: [LogManifest.Segment], by new: LogManifest) throws {
        let names = Set(new.segments.map(\.name))
        let time = Date(timeIntervalSince1970: Double(store.now()) / 1_000)
        // How long they are kept counts from here.
        for segment in old where !names.contains(segment.name) { directory.touch(segment.name, time) }
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
}
