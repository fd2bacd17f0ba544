import Logging
import NIOCore
import NIOPosix
import RLSClient
import RLSConfiguration
import RLSCore
import RLSStorage
import RLSWire
import ServiceLifecycle

/// Keeps the index servers on a catalog's list up to date, fed from what is committed.
package final class CatalogUpdates: Service {
    private let catalog: any CatalogStore
    private let configuration: LiveConfiguration
    private let surroundings: RLIUpdater.Surroundings
    private let updaters: UpdaterSet<[CatalogEvent]>
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
        surroundings = RLIUpdater.Surroundings(
            configuration, clock: clock, credential: credential, logger: logger
        ) { url, time in
            catalog.submit(WriteRequest([.noteRLIUpdate(url: url, time: time)]) { _ in })
        }
        let updaters = UpdaterSet<[CatalogEvent]>()
        self.updaters = updaters
        filters = FilterKeepers(catalog, configuration) { updaters.wake() }
        catalog.observe { [weak self] events in self?.note(events) }
    }

    /// On the writer's thread.
    private func note(_ events: [CatalogEvent]) {
        if events.contains(.rlisChanged) { registryChange.signal() }
        filters.note(events)
        updaters.note(events, wakes: configuration.current.isImmediate)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            guard let name = await self.name.value else { return }
            await self.catalog.whileOnDuty(as: name) {
                // Whoever takes over must not find us still sending.
                await withTaskCancellationHandler {
                    await self.sendUntilCancelled(as: name)
                } onCancel: {
                    self.updaters.end()
                }
                self.updaters.end()
                self.filters.keep([])
            }
        }
        updaters.end()
    }

    private func sendUntilCancelled(as name: ByteString) async {
        while !Task.isCancelled {
            do { try await followList(as: name) } catch {
                if Task.isCancelled { return }
                surroundings.logger.error("catalog not read", metadata: ["cause": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func followList(as name: ByteString) async throws {
        let instance = try await NIOThreadPool.singleton.runIfActive { [catalog] in
            try catalog.makeReader().identity()
        }
        let identity = CatalogIdentity(store: catalog, url: name, instance: instance)
        while !Task.isCancelled {
            do {
                let records = try await NIOThreadPool.singleton.runIfActive { [catalog] in
                    try catalog.makeReader().rlis()
                }
                updaters.follow(records, surroundings) { member(for: $0, identity) }
                filters.keep(Set(records.filter(\.isFilter).map { NamePartition($0.patterns) }))
            } catch {
                surroundings.logger.error("list of index servers not read", metadata: ["cause": "\(error)"])
            }
            await registryChange.wait(upTo: .seconds(60))
        }
    }

    private func member(for record: RLIRecord, _ identity: CatalogIdentity) -> UpdaterSet<[CatalogEvent]>.Member {
        let partition = NamePartition(record.patterns)
        if record.isFilter {
            let target = CatalogFilterTarget(identity, filters, partition)
            return .init(target: target, plan: UpdatePlan()) { target.note($0.count) }
        }
        let target = CatalogListTarget(identity, partition)
        // Without immediate mode, too: it may be switched on.
        return .init(target: target, plan: UpdatePlan()) { target.buffer.note($0) }
    }

    // MARK: What connections ask for

    package func updateNow() { updaters.updateNow() }
    package var status: [SoftStateStatus] { updaters.status }

    package var flags: ServerStatistics.Flags {
        var flags: ServerStatistics.Flags = filters.areReady ? [.initialised] : []
        if updaters.records.contains(where: \.isFilter) { flags.insert(.sendsFilters) }
        if updaters.records.contains(where: { !$0.isFilter }) { flags.insert(.sendsLists) }
        return flags
    }
}

extension RLIRecord {
    /// Flag 1: Bloom filters.
    package var isFilter: Bool { flags & 1 == 1 }
}
