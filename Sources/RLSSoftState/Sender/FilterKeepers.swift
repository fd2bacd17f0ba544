import NIOConcurrencyHelpers
import RLSConfiguration
import RLSStorage

/// The filters that a catalog keeps: one for each part of the name space and kind that some index server is told.
final class FilterKeepers: Sendable {
    private struct Key: Hashable {
        let partition: NamePartition
        let kind: FilterKeeper.Kind
    }

    private let store: any CatalogStore
    private let configuration: LiveConfiguration
    private let ready: @Sendable () -> Void
    private let keepers = NIOLockedValueBox<[Key: FilterKeeper]>([:])

    /// - Parameter ready: called after each build
    init(_ store: any CatalogStore, _ configuration: LiveConfiguration, ready: @escaping @Sendable () -> Void) {
        self.store = store
        self.configuration = configuration
        self.ready = ready
    }

    private func kind(isLegacy: Bool) -> FilterKeeper.Kind {
        let current = configuration.current
        return isLegacy
            ? .legacy(bitsPerName: current.filterBitsPerName, hashes: current.filterHashes)
            : .own(oneIn: current.falsePositiveOneIn)
    }

    /// Built from now on if there was none.
    func keeper(of partition: NamePartition, isLegacy: Bool) -> FilterKeeper {
        let key = Key(partition: partition, kind: kind(isLegacy: isLegacy))
        let keeper = keepers.withLockedValue { keepers in
            if let known = keepers[key] { return known }
            let new = FilterKeeper(key.kind, of: partition, in: store, ready: ready)
            keepers[key] = new
            return new
        }
        if !keeper.isReady { keeper.build() }
        return keeper
    }

    var areReady: Bool { keepers.withLockedValue { $0.values.allSatisfy(\.isReady) } }

    func note(_ events: [CatalogEvent]) {
        for keeper in keepers.withLockedValue({ Array($0.values) }) { keeper.note(events) }
    }

    /// Lets go of filters that nobody is told any more.
    func keep(_ partitions: Set<NamePartition>) {
        let kinds = [kind(isLegacy: false), kind(isLegacy: true)]
        keepers.withLockedValue { keepers in
            keepers = keepers.filter { partitions.contains($0.key.partition) && kinds.contains($0.key.kind) }
        }
    }
}
