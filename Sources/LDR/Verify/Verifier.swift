import Foundation
import Logging
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

    private let area: StorageArea
    private let catalog: any CopyListing
    private let metadata: MetadataStore
    private let work: WorkStore
    private let events: EventLog
    private let limits: VerifyLimits
    private let logger: Logger

    package init(
        area: StorageArea, catalog: any CopyListing, metadata: MetadataStore, work: WorkStore, events: EventLog,
        limits: VerifyLimits, logger: Logger
    ) {
        self.area = area
        self.catalog = catalog
        self.metadata = metadata
        self.work = work
        self.events = events
        self.limits = limits
        self.logger = logger
    }

    /// - Parameters:
    ///   - acts: false only tells
    ///   - reads: look at the content, too
    ///   - now: milliseconds since 1970
    package nonisolated(nonsending) func verify(
        acts: Bool, reads: Bool, at now: Int = WorkStore.now
    ) async throws -> Report {
        var report = Report()
        // Taken first: what is here by now was in the catalog before it was noted.
        let here = try work.present()
        let before = CopyDump(try await catalog.allCopies(), in: area)
        let scan = StorageScan(area)
        for problem in scan.problems { logger.error("not scanned", metadata: ["cause": "\(problem)"]) }
        let after = CopyDump(try await catalog.allCopies(), in: area)
        let comparison = Comparison(
            before: before.only(scan.partitions), scanned: Set(scan.files.keys), after: after.only(scan.partitions))
        report.copies = comparison.found + comparison.lost.count
        let old = try work.dark(comparison.dark, for: Int(limits.darkAge) * 1_000, at: now)
        report.lost = comparison.lost.map { "\($0.partition)/\($0.path)" }
        report.dark = comparison.dark.map { "\($0.partition)/\($0.path)" }
        try wantForgotten(here.subtracting(before.names).subtracting(after.names), of: here.count, acts, &report)
        try await repair(comparison.lost, comparison.lostPart, before, .lost, acts, &report)
        quarantine(old, comparison.darkPart, acts, &report)
        if reads { try await read(comparison, before, scan, acts, &report) }
        return report
    }

    private func isAllowed(_ part: Double, _ count: Int, _ what: String, _ acts: Bool, _ report: inout Report) -> Bool {
        if count == 0 || !acts { return false }
        if part <= limits.refusal || count <= 3 { return true }
        let percent = Int((part * 100).rounded())
        report.refusals.append("\(count) files are \(what), \(percent) % of all: too many to believe; nothing was done")
        return false
    }

    /// Files that count as present and are in no catalog: somebody took them out, or this program ended between two steps.
    private func wantForgotten(
        _ lfns: Set<ByteString>, of all: Int, _ acts: Bool, _ report: inout Report
    ) throws(StorageError) {
        report.forgotten = lfns.sorted().map(\.description)
        let part = all == 0 ? 0 : Double(lfns.count) / Double(all)
        guard isAllowed(part, lfns.count, "not in the catalog", acts, &report) else { return }
        try work.lost(lfns.sorted(), reason: "the copy here was not in the catalog any longer")
        events.write(lfns.sorted().map { Event(.lost, $0, message: "not in the catalog") })
    }

    /// Copies that are not there, or not what they should be.
    private nonisolated(nonsending) func repair(
        _ places: [PartitionPath], _ part: Double, _ dump: CopyDump, _ kind: Event.Kind, _ acts: Bool,
        _ report: inout Report
    ) async throws {
        guard isAllowed(part, places.count, kind.rawValue, acts, &report) else { return }
        let copies = places.compactMap { dump.copies[$0] }
        try await catalog.unregister(copies)
        try work.lost(copies.map(\.lfn), reason: "the copy here was \(kind.rawValue)")
        events.write(copies.map { Event(kind, $0.lfn, message: $0.pfn.description) })
    }

    /// Out of the way, and not removed: somebody may know better.
    private func quarantine(_ places: [PartitionPath], _ part: Double, _ acts: Bool, _ report: inout Report) {
        guard isAllowed(part, places.count, "dark", acts, &report) else { return }
        for place in places {
            guard let partition = area.partition(named: place.partition), !partition.isReadOnly else { continue }
            if let problem = Quarantine(partition).take(place.path) {
                report.refusals.append(problem)
            } else {
                events.write(
                    Event(.dark, area.layout.lfn(at: place.path) ?? ByteString(place.path), message: place.path))
            }
        }
    }

    // MARK: Content

    private nonisolated(nonsending) func read(
        _ comparison: Comparison, _ dump: CopyDump, _ scan: StorageScan, _ acts: Bool, _ report: inout Report
    ) async throws {
        let lost = Set(comparison.lost)
        let places = dump.copies.keys.filter { !lost.contains($0) && scan.files[$0] != nil }.sorted()
        var (corrupt, pace) = ([PartitionPath](), ReadPace(limits.rate))
        for place in try work.due(places, age: limits.age) {
            try Task.checkCancellation()
            guard let copy = dump.copies[place], let file = scan.files[place],
                let known = try metadata.record(of: copy.lfn)?.record
            else { continue }
            guard let found = try? ContentDigest.of(path: file.path.string, kinds: known.checksums.strongestKinds)
            else {
                continue
            }
            report.read += 1
            report.readBytes += found.size
            if found.size != known.size || found.checksums.firstDifference(from: known.checksums) != nil {
                corrupt.append(place)
            } else {
                try work.noteRead(place, at: WorkStore.now)
            }
            try await pace.wait(after: found.size)
        }
        report.corrupt = corrupt.map { "\($0.partition)/\($0.path)" }
        let part = report.read == 0 ? 0 : Double(corrupt.count) / Double(report.read)
        guard isAllowed(part, corrupt.count, "corrupt", acts, &report) else { return }
        try await repair(corrupt, 0, dump, .corrupt, acts, &report)
        for place in corrupt {
            guard let partition = area.partition(named: place.partition), !partition.isReadOnly else { continue }
            if let problem = Quarantine(partition).take(place.path) { report.refusals.append(problem) }
        }
    }
}

extension Checksums {
    /// What is computed to tell whether content is what it should be.
    fileprivate var strongestKinds: Set<ChecksumKind> { Set([strongest].compactMap(\.self)) }
}

/// Keeps reading below a number of bytes a second.
private struct ReadPace {
    private let rate: Int64
    private let began = ContinuousClock.now
    private var bytes: Int64 = 0

    init(_ rate: Int64) { self.rate = rate }

    mutating func wait(after more: Int64) async throws {
        bytes += more
        if rate <= 0 { return }
        let due = began + .seconds(Double(bytes) / Double(rate))
        if due > .now { try await Task.sleep(until: due) }
    }
}
