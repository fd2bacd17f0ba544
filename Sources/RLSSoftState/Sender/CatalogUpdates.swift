import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RLSClient
import RLSConfiguration
import RLSCore
import RLSFilter
import RLSStorage
import RLSWire
import ServiceLifecycle

/// Keeps the index servers on a catalog's list up to date: an updater for each, all fed from what is committed.
package final class CatalogUpdates: Service {
    private struct Entry {
        let updater: RLIUpdater
        /// nil where a filter is sent.
        let buffer: ChangeBuffer?
        let filter: CatalogFilterTarget?
        let task: Task<Void, Never>
    }

    private let catalog: any CatalogStore
    private let configuration: LiveConfiguration
    private let credential: ClientCredential
    private let clock: SteadyClock
    private let logger: Logger
    private let entries = NIOLockedValueBox<[ByteString: Entry]>([:])
    private let filters: FilterKeepers
    private let registryChange = WakeSignal()
    private let name: ServerName

    /// - Parameter name: how this server is called in updates; known when it listens
    package init(
        _ catalog: any CatalogStore, name: ServerName, configuration: LiveConfiguration, credential: ClientCredential,
        clock: SteadyClock, logger: Logger
    ) {
        self.catalog = catalog
        self.name = name
        self.configuration = configuration
        self.credential = credential
        self.clock = clock
        self.logger = logger
        let entries = self.entries
        filters = FilterKeepers(catalog) { isLegacy in
            let current = configuration.current
            return isLegacy
                ? .legacy(bitsPerName: current.filterBitsPerName, hashes: current.filterHashes)
                : .own(oneIn: current.falsePositiveOneIn)
        } ready: {
            for entry in entries.withLockedValue({ Array($0.values) }) { entry.updater.noteChanges() }
        }
        catalog.observe { [weak self] events in self?.note(events) }
    }

    // MARK: What is committed, on the writer's thread

    private func note(_ events: [CatalogEvent]) {
        if events.contains(.rlisChanged) { registryChange.signal() }
        filters.note(events)
        let isImmediate = configuration.current.isImmediate
        for entry in entries.withLockedValue({ Array($0.values) }) {
            entry.filter?.note(events.count)
            if isImmediate { entry.buffer?.note(events) }
            if isImmediate { entry.updater.noteChanges() }
        }
    }

    // MARK: The list of index servers

    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            let instance = try await NIOThreadPool.singleton.runIfActive { [catalog = self.catalog] in
                try catalog.makeReader().identity()
            }
            let identity = CatalogIdentity(store: self.catalog, url: try await self.name.value, instance: instance)
            while !Task.isCancelled {
                do { try await self.follow(identity) } catch {
                    self.logger.error("list of index servers not read", metadata: ["cause": "\(error)"])
                }
                await self.registryChange.wait(upTo: .seconds(60))
            }
        }
        // Not waited for: an index server that does not answer would hold up the stop.
        for entry in entries.withLockedValue({ exchange(&$0, with: [:]).values }) { entry.task.cancel() }
    }

    /// Begins and ends updaters, so that they are those on the list.
    private func follow(_ identity: CatalogIdentity) async throws {
        let records = try await NIOThreadPool.singleton.runIfActive { [catalog] in try catalog.makeReader().rlis() }
        let known = entries.withLockedValue { $0 }
        for (url, entry) in known where !records.contains(where: { entry.updater.isFor($0) }) {
            entries.withLockedValue { $0[url] = nil }
            entry.task.cancel()
        }
        for record in records where known[record.url]?.updater.isFor(record) != true { begin(record, identity) }
        filters.keep(Set(records.filter(\.isFilter).map { NamePartition($0.patterns) }))
    }

    private func begin(_ record: RLIRecord, _ identity: CatalogIdentity) {
        let partition = NamePartition(record.patterns)
        let list = record.isFilter ? nil : CatalogListTarget(identity, partition)
        let filter = record.isFilter ? CatalogFilterTarget(identity, filters, partition) : nil
        guard let target: any UpdateTarget = list ?? filter else { return }
        let updater = RLIUpdater(record, target, plan: plan(for: record), surroundings)
        let entry = Entry(
            updater: updater, buffer: list?.buffer, filter: filter, task: Task { await updater.run() })
        entries.withLockedValue { $0[record.url] = entry }
    }

    /// A list that was sent before this server started still counts, unless changes since then may have been lost.
    private func plan(for record: RLIRecord) -> UpdatePlan {
        if record.isFilter || configuration.current.isImmediate || record.lastUpdate == 0 { return UpdatePlan() }
        return UpdatePlan(lastFull: min(record.lastUpdate * 1_000, clock.now))
    }

    private var surroundings: RLIUpdater.Surroundings {
        RLIUpdater.Surroundings(
            clock: clock, settings: { [configuration] in UpdatePlan.Settings(configuration.current, $0) },
            timeout: { [configuration] in configuration.current.peerTimeLimit }, credential: credential,
            logger: logger,
            succeeded: { [catalog] url, time in
                catalog.submit(WriteRequest([.noteRLIUpdate(url: url, time: time)]) { _ in })
            })
    }

    // MARK: What connections ask for

    package func updateNow() {
        for entry in entries.withLockedValue({ Array($0.values) }) { entry.updater.updateNow() }
    }

    package var status: [SoftStateStatus] {
        entries.withLockedValue { Array($0.values) }.map(\.updater.status).sorted { $0.url < $1.url }
    }

    package var flags: ServerStatistics.Flags {
        let records = entries.withLockedValue { $0.values.map(\.updater.record) }
        var flags: ServerStatistics.Flags = filters.areReady ? [.initialised] : []
        if records.contains(where: \.isFilter) { flags.insert(.sendsFilters) }
        if records.contains(where: { !$0.isFilter }) { flags.insert(.sendsLists) }
        return flags
    }
}

extension RLIRecord {
    /// Flag 1: Bloom filters.
    package var isFilter: Bool { flags & 1 == 1 }
}

extension RLIUpdater {
    /// The time of the last update is not what makes two records two.
    func isFor(_ other: RLIRecord) -> Bool {
        record.url == other.url && record.flags == other.flags && record.patterns == other.patterns
    }
}

extension UpdatePlan.Settings {
    init(_ configuration: ServerConfiguration, _ record: RLIRecord) {
        self.init(
            interval: (record.isFilter ? configuration.filterInterval : configuration.listInterval) * 1_000,
            isImmediate: configuration.isImmediate, factor: configuration.updateFactor,
            bufferDelay: Int(configuration.bufferDelay / .milliseconds(1)),
            bufferCount: configuration.bufferedChanges, retry: configuration.updateRetry * 1_000)
    }
}

extension ServerConfiguration {
    /// 0 means none: a day.
    var peerTimeLimit: Duration { peerTimeout > 0 ? .seconds(peerTimeout) : .seconds(86_400) }
}
