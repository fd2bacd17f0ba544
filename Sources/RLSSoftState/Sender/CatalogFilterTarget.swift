import NIOConcurrencyHelpers
import RLSCore
import RLSFilter
import RLSStorage
import RLSWire

/// A catalog's names, or a part of them, told as a Bloom filter.
final class CatalogFilterTarget: UpdateTarget {
    private struct State {
        /// What the index server is known to have.
        var acknowledged: FilterVersion?
        /// Changes since the last update.
        var waiting = 0
        /// Which of the filters it gets: known when it has been asked.
        var isLegacy = false
    }

    private let catalog: CatalogIdentity
    private let filters: FilterKeepers
    private let partition: NamePartition
    private let state = NIOLockedValueBox(State())

    init(_ catalog: CatalogIdentity, _ filters: FilterKeepers, _ partition: NamePartition) {
        self.catalog = catalog
        self.filters = filters
        self.partition = partition
    }

    private var keeper: FilterKeeper {
        filters.keeper(of: partition, isLegacy: state.withLockedValue { $0.isLegacy })
    }

    var waiting: Int { state.withLockedValue { $0.waiting } }
    var isReady: Bool { keeper.isReady }

    func note(_ count: Int) { state.withLockedValue { $0.waiting += count } }

    func sendFull(_ session: PeerSession, interval: Int) async throws -> UpdateReport {
        state.withLockedValue { state in
            state.isLegacy = !session.isOwn
            state.waiting = 0
        }
        if session.isOwn, let report = try await sendDelta(session, interval) { return report }
        guard let whole = keeper.whole else { throw NotReady() }
        try await session.send(whole, from: catalog.origin(interval))
        state.withLockedValue { $0.acknowledged = session.isOwn ? whole.version : nil }
        return UpdateReport(kind: .filter, names: whole.names, bytes: whole.filter.bytes.count)
    }

    func sendChanges(_ session: PeerSession, interval: Int) async throws -> UpdateReport? {
        try await sendFull(session, interval: interval)
    }

    private func sendDelta(_ session: PeerSession, _ interval: Int) async throws -> UpdateReport? {
        guard let old = state.withLockedValue({ $0.acknowledged }), let found = keeper.delta(since: old) else {
            return nil
        }
        let origin = catalog.origin(interval)
        guard try await session.send(found.delta, names: found.names, from: old, to: found.number, origin) else {
            return nil
        }
        state.withLockedValue { $0.acknowledged = FilterVersion(epoch: old.epoch, number: found.number) }
        return UpdateReport(kind: .delta, names: found.names, bytes: found.delta.encodedCount)
    }

    func describe(_ status: inout SoftStateStatus) {
        status.kind = state.withLockedValue { $0.isLegacy } ? .legacyFilter : .filter
        guard let measure = keeper.measure else { return }
        status.names = measure.names
        status.describe(measure.shape, population: measure.population)
    }
}

/// The filter is still being built.
struct NotReady: Error, CustomStringConvertible {
    var description: String { "the filter is being built" }
}
