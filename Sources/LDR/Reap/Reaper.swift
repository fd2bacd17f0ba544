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

    /// What a pass looks for.
    package enum Scope: Sendable {
        case all
        /// Only what rolling subscriptions let go of for new files that wait.
        case room
    }

    /// One pass. It may be cut off anywhere: the next one goes on.
    /// - Parameters:
    ///   - configured: subscriptions of the configuration; nothing is done until `ldr want` works by them, too
    ///   - acts: false only tells
    ///   - evenLast: also copies of which no other is known
    ///   - gone: copies that have gone before in the same `reap_interval`: they count for the part that may go
    ///   - now: milliseconds since 1970
    ///   - report: what has been done, also when an error is thrown
    /// - Throws: `SubscriptionsDiffer`, `StorageError`, `ExpressionError`, the errors of the catalogs
    package nonisolated(nonsending) func pass(
        _ configured: [SubscriptionConfiguration], _ scope: Scope = .all, acts: Bool, evenLast: Bool = false,
        gone: Int = 0, at now: Int = WorkStore.now, into report: inout ReapReport
    ) async throws {
        let subscriptions = try work.subscriptions()
        if Set(subscriptions.map(\.configuration)) != Set(configured) { throw SubscriptionsDiffer() }
        let rules = try ReapRules(subscriptions, now: now)
        var search = ReapSearch(self, subscriptions, rules)
        switch scope {
        case .all:
            if acts { report.revived = try revive(rules) }
            try await search.findEnded()
            if limits.removesUnwanted { try await search.findUnwanted() }
        case .room: try await search.findRolling()
        }
        report.due = search.found.count
        // Of those that were here when the interval began.
        let limit = max(0, limit(search.copies + gone) - gone)
        if report.due > limit {
            report.refusals.append(
                "\(report.due) of \(search.copies) copies are due: no more than \(limit) go now (`reap_refusal`)")
        }
        try await reap(search, ReapBatch(self, evenLast: evenLast, acts: acts), limit, &report) {
            () throws(StorageError) in
            try work.subscriptions().map(\.identity) == subscriptions.map(\.identity)
        }
    }

    /// Copies that may go at once.
    private func limit(_ copies: Int) -> Int {
        limits.refusal > 0 ? max(Self.fewFiles, Int(Double(copies) * limits.refusal)) : 0
    }

    /// The oldest first. Those that must stay do not count.
    /// - Parameter isValid: whether the subscriptions are still those that the files were found by
    private nonisolated(nonsending) func reap(
        _ search: ReapSearch, _ batch: ReapBatch, _ limit: Int, _ report: inout ReapReport,
        while isValid: () throws(StorageError) -> Bool
    ) async throws {
        var rest = search.found.sorted { ($0.came, $0.lfn) < ($1.came, $1.lfn) }[...]
        while !rest.isEmpty && report.reaped.count < limit {
            try Task.checkCancellation()
            let part = rest.prefix(min(Self.batch, limit - report.reaped.count))
            rest = rest.dropFirst(part.count)
            guard try isValid() else {
                report.refusals.append("subscriptions have changed meanwhile: the rest waits for the next pass")
                return
            }
            try await batch.reap(try part.filter { try search.isDue($0) }, &report)
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

extension Subscription {
    /// Without its position, which changes all the time.
    fileprivate var identity: Subscription { Subscription(id: id, configuration: configuration, position: 0) }
}
