import RLSClient
import RLSCore
import RLSStorage

/// Removes copies that subscriptions brought here and let go of. Never a file that this site published, and never the last copy
/// unless told so.
package struct Reaper {
    /// Files of one question to the catalogs.
    static let batch = 1_000
    /// So few may always go, whatever part of the copies they are.
    private static let fewFiles = 3

    let places: CopyPlaces
    let catalog: any CopyListing
    let finder: any ReplicaFinder
    let metadata: MetadataStore
    let work: WorkStore
    let events: EventLog
    let limits: ReapLimits

    package init(
        area: StorageArea, catalog: any CopyListing, finder: any ReplicaFinder, metadata: MetadataStore,
        work: WorkStore, events: EventLog, limits: ReapLimits
    ) {
        places = CopyPlaces(area: area)
        self.catalog = catalog
        self.finder = finder
        self.metadata = metadata
        self.work = work
        self.events = events
        self.limits = limits
    }

    /// One pass. It may be cut off anywhere: the next one goes on.
    /// - Parameters:
    ///   - configured: subscriptions of the configuration; nothing is done until `ldr want` works by them, too
    ///   - acts: false only tells
    ///   - evenLast: also copies of which no other is known
    ///   - now: milliseconds since 1970
    /// - Throws: `SubscriptionsDiffer`, `StorageError`, `ExpressionError`, the errors of the catalogs
    package nonisolated(nonsending) func pass(
        _ configured: [SubscriptionConfiguration], acts: Bool, evenLast: Bool = false, at now: Int = WorkStore.now
    ) async throws -> ReapReport {
        let subscriptions = try work.subscriptions()
        if Set(subscriptions.map(\.configuration)) != Set(configured) { throw SubscriptionsDiffer() }
        var report = ReapReport()
        let rules = try ReapRules(subscriptions, now: now)
        if acts { report.revived = try revive(rules) }
        var search = ReapSearch(work: work, metadata: metadata, rules: rules)
        try search.findEnded(subscriptions)
        if limits.removesUnwanted { try search.findUnwanted(try await catalog.allCopies()) }
        report.due = search.found.count
        let limit = limit(search.copies)
        if report.due > limit {
            report.refusals.append(
                "\(report.due) of \(search.copies) copies are due: no more than \(limit) go in one pass (`reap_refusal`)"
            )
        }
        try await reap(search.found, ReapBatch(self, evenLast: evenLast, acts: acts), limit, &report)
        return report
    }

    /// Copies that may go at once.
    private func limit(_ copies: Int) -> Int {
        limits.refusal > 0 ? max(Self.fewFiles, Int(Double(copies) * limits.refusal)) : 0
    }

    /// The oldest first. Those that must stay do not count.
    private nonisolated(nonsending) func reap(
        _ found: [ReapCandidate], _ batch: ReapBatch, _ limit: Int, _ report: inout ReapReport
    ) async throws {
        var rest = found.sorted { ($0.came, $0.lfn) < ($1.came, $1.lfn) }[...]
        while !rest.isEmpty && report.reaped.count < limit {
            try Task.checkCancellation()
            let part = rest.prefix(min(Self.batch, limit - report.reaped.count))
            rest = rest.dropFirst(part.count)
            try await batch.reap(Array(part), &report)
        }
    }

    private func revive(_ rules: ReapRules) throws(StorageError) -> Int {
        var ids: [Int] = []
        try work.heldFiles(in: .expired) { (file) throws(StorageError) in
            if file.subscriptions & ~rules.ended(since: file.came) != 0 { ids.append(file.id) }
        }
        return try work.revive(ids)
    }
}

/// Nothing may go by rules that the other daemons do not have.
package struct SubscriptionsDiffer: Error, CustomStringConvertible {
    package var description: String {
        "the subscriptions of the configuration are not yet those that are worked by: let `ldr want` run first"
    }
}
