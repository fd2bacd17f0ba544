import Logging
import NIOCore
import NIOPosix
import RLSClient
import RLSConfiguration
import RLSCore
import RLSStorage
import RLSWire
import ServiceLifecycle

/// Keeps the index servers on an index's list up to date with what catalogs tell it: indexes of indexes.
package final class IndexUpdates: Service {
    private let receiver: UpdateReceiver
    private let store: any IndexStore
    private let surroundings: RLIUpdater.Surroundings
    private let updaters = UpdaterSet<IndexEvent>()
    private let registryChange = WakeSignal()

    package init(
        _ receiver: UpdateReceiver, store: any IndexStore, credential: ClientCredential, logger: Logger
    ) {
        self.receiver = receiver
        self.store = store
        let configuration = receiver.configuration
        surroundings = RLIUpdater.Surroundings(
            configuration, clock: receiver.index.clock, credential: credential, logger: logger
        ) { url, time in
            store.submit(WriteRequest([.noteRLIUpdate(url: url, time: time)]) { _ in })
        }
        let updaters = self.updaters
        receiver.observe { updaters.note($0, wakes: configuration.current.isImmediate) }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            guard let name = await self.receiver.name.value else { return }
            await self.followList(as: name)
        }
        updaters.end()
    }

    private func followList(as own: ByteString) async {
        while !Task.isCancelled {
            do {
                let records = try await NIOThreadPool.singleton.runIfActive { [store] in
                    try store.makeReader().rlis()
                }
                updaters.follow(records, surroundings) { record in
                    let configuration = receiver.configuration
                    let target = IndexTarget(
                        receiver.index,
                        .init(
                            receiver: record.url, own: own,
                            immediateFactor: {
                                let current = configuration.current
                                return current.isImmediate ? current.updateFactor : nil
                            }),
                        NamePartition(record.patterns))
                    return .init(target: target, plan: UpdatePlan()) { target.note($0) }
                }
            } catch {
                surroundings.logger.error("list of index servers not read", metadata: ["cause": "\(error)"])
            }
            await registryChange.wait(upTo: .seconds(60))
        }
    }

    // MARK: What connections ask for

    package func registryChanged() { registryChange.signal() }
    package func updateNow() { updaters.updateNow() }
    package var status: [SoftStateStatus] { updaters.status }
}
