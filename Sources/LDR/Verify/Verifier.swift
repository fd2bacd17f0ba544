import RLSCore
import RLSStorage
import SystemPackage

/// Compares what the catalog says with what the storage holds, and repairs: what is lost or corrupt is unregistered and wanted
/// again, what nobody knows is moved out of the way.
package struct Verifier {
    package struct Report: Sendable, Encodable {
        package var copies = 0
        package var lost: [String] = []
        package var corrupt: [String] = []
        /// Copies that differ from what was published, and that no transfer brought: they are only told.
        package var differing: [String] = []
        package var dark: [String] = []
        /// LFNs of files that were here and are not in the catalog any longer.
        package var forgotten: [String] = []
        /// Copies whose content was read.
        package var read = 0
        package var readBytes: Int64 = 0
        /// Why something was found and nothing done about it.
        package var refusals: [String] = []

        package init() {}
    }

    let area: StorageArea
    private let catalog: any CopyListing
    let metadata: MetadataStore
    let work: WorkStore
    let events: EventLog
    let limits: VerifyLimits
    /// Directories of the site that hold no copies, wherever they are.
    private let others: [String]

    package init(
        area: StorageArea, catalog: any CopyListing, metadata: MetadataStore, work: WorkStore, events: EventLog,
        limits: VerifyLimits, others: [String] = []
    ) {
        self.area = area
        self.catalog = catalog
        self.metadata = metadata
        self.work = work
        self.events = events
        self.limits = limits
        self.others = others
    }

    /// What was found by now, and what contents are to be read of.
    package struct Pass: Sendable {
        package internal(set) var report: Report
        let copies: CopyDump
        let scan: StorageScan
    }

    /// Both halves of a pass.
    package nonisolated(nonsending) func verify(
        acts: Bool, reads: Bool, at now: Int = WorkStore.now
    ) async throws -> Report {
        var pass = try await compareNames(acts: acts, at: now)
        if reads { try await readContents(&pass, acts: acts) }
        return pass.report
    }

    /// The first half: catalog and storage. Nobody else may take copies out of the catalog meanwhile.
    /// - Parameters:
    ///   - acts: false only tells
    ///   - now: milliseconds since 1970
    package nonisolated(nonsending) func compareNames(acts: Bool, at now: Int = WorkStore.now) async throws -> Pass {
        var report = Report()
        // Taken first: what is here by now was in the catalog before it was noted.
        let here = try work.present()
        let before = CopyDump(try await catalog.allCopies(), in: area)
        let scan = StorageScan(try mounted(&report), others: others)
        report.refusals += scan.problems.map { "not looked at: \($0)" }
        let after = CopyDump(try await catalog.allCopies(), in: area)
        let forgotten = try here.subtracting(before.names).subtracting(after.names).subtracting(own(after.elsewhere))
        try wantForgotten(forgotten, of: here.count, acts, &report)
        let dark = try await compare(before, scan, after, acts, &report)
        if acts { try quarantine(dark, at: now, scan, &report) }
        return Pass(report: report, copies: before, scan: scan)
    }

    private func mounted(_ report: inout Report) throws(StorageError) -> [StoragePartition] {
        var mounted: [StoragePartition] = []
        for partition in area.partitions {
            if try work.isMounted(partition) {
                mounted.append(partition)
            } else {
                report.refusals.append("partition \(partition.name): \(partition.root) is not mounted: not looked at")
            }
        }
        return mounted
    }

    /// Partition by partition, so that one of many that is empty is seen for what it is.
    /// - Returns: what is dark in partitions where that is not too much to believe
    private nonisolated(nonsending) func compare(
        _ before: CopyDump, _ scan: StorageScan, _ after: CopyDump, _ acts: Bool, _ report: inout Report
    ) async throws -> [PartitionPath] {
        var dark: [PartitionPath] = []
        let scanned = Dictionary(grouping: scan.files.keys, by: \.partition)
        for partition in scan.partitions {
            let comparison = Comparison(
                before: before.only(partition), scanned: Set(scanned[partition.name] ?? []),
                after: after.only(partition))
            report.copies += comparison.found + comparison.lost.count
            report.lost += comparison.lost.map(\.text)
            report.dark += comparison.dark.map(\.text)
            if isAllowed(comparison.lostPart, comparison.lost.count, "lost", acts, &report) {
                try await repair(comparison.lost.compactMap { before.copies[$0] }, .lost)
            }
            if isAllowed(comparison.darkPart, comparison.dark.count, "dark", acts, &report) { dark += comparison.dark }
        }
        return dark
    }

    func isAllowed(_ part: Double, _ count: Int, _ what: String, _ acts: Bool, _ report: inout Report) -> Bool {
        if count == 0 || !acts { return false }
        if part <= limits.refusal || count <= 3 { return true }
        let percent = Int((part * 100).rounded())
        report.refusals.append("\(count) files are \(what), \(percent) % of all: too many to believe; nothing was done")
        return false
    }

    /// Those that this site has published.
    private func own(_ mappings: [Mapping]) throws(StorageError) -> Set<ByteString> {
        var own: Set<ByteString> = []
        for mapping in mappings where try metadata.lastWord(on: mapping.lfn)?.site == metadata.site {
            own.insert(mapping.lfn)
        }
        return own
    }

    /// Files that count as present and are in no catalog: somebody took them out, or this program ended between two steps.
    private func wantForgotten(
        _ lfns: Set<ByteString>, of all: Int, _ acts: Bool, _ report: inout Report
    ) throws(StorageError) {
        report.forgotten = lfns.sorted().map(\.description)
        let part = all == 0 ? 0 : Double(lfns.count) / Double(all)
        guard isAllowed(part, lfns.count, "not in the catalog", acts, &report) else { return }
        try work.lost(lfns.sorted(), reason: "no copy in a partition was in the catalog any longer")
        events.write(lfns.sorted().map { Event(.lost, $0, message: "not in the catalog") })
    }

    /// Copies that are not there, or not what they should be.
    nonisolated(nonsending) func repair(_ copies: [Mapping], _ kind: Event.Kind) async throws {
        try await catalog.unregister(copies)
        try work.lost(copies.map(\.lfn), reason: "the copy here was \(kind.rawValue)")
        events.write(copies.map { Event(kind, $0.lfn, message: $0.pfn.description) })
    }

    /// Out of the way, and not removed: somebody may know better.
    private func quarantine(
        _ places: [PartitionPath], at now: Int, _ scan: StorageScan, _ report: inout Report
    ) throws(StorageError) {
        for place in try work.dark(places, for: Int(limits.darkAge) * 1_000, at: now) {
            if !putAside(place, &report) { continue }
            events.write(Event(.dark, area.layout.lfn(at: place.path) ?? ByteString(place.path), message: place.path))
        }
    }

    func putAside(_ place: PartitionPath, _ report: inout Report) -> Bool {
        guard let partition = area.partition(named: place.partition), !partition.isReadOnly else { return false }
        guard let problem = Quarantine(partition).take(place.path) else { return true }
        report.refusals.append(problem)
        return false
    }
}
