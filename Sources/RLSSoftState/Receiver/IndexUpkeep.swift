import Logging
import NIOConcurrencyHelpers
import NIOPosix
import RLSConfiguration
import RLSCore
import RLSFilter
import RLSStorage
import ServiceLifecycle

/// What an index does by itself: forgets stale senders, removes entries that nobody sees any more, writes changed filters.
package struct IndexUpkeep: Service {
    private static let pace = Duration.seconds(1)
    /// Entries looked at in one turn.
    private static let batch = 5_000

    private let receiver: UpdateReceiver
    private var index: LocationIndex { receiver.index }

    package init(_ receiver: UpdateReceiver) { self.receiver = receiver }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var nextExpiry = index.clock.seconds
            while !Task.isCancelled {
                await blocking {
                    _ = receiver.hasFollowedStore()
                    saveFilters(all: false)
                }
                index.table.withLockedValue { $0.expireStale = receiver.configuration.current.expireStale }
                let now = index.clock.seconds
                if now >= nextExpiry || receiver.takesPurgeRequest() {
                    nextExpiry = now + receiver.configuration.current.expireInterval
                    await removeWhatIsStale()
                }
                try? await Task.sleep(for: Self.pace)
            }
        }
        await blocking { saveFilters(all: true) }
    }

    private func blocking(_ work: @escaping @Sendable () -> Void) async {
        try? await NIOThreadPool.singleton.runIfActive(work)
    }

    // MARK: Filters in files

    private func saveFilters(all: Bool) {
        guard let archive = receiver.archive else { return }
        for id in archive.due(at: index.clock.seconds, all: all) {
            guard let sender = index.table.withLockedValue({ $0[id] }), let filter = index.filters.extract(id) else {
                continue
            }
            archive.save(sender, filter)
        }
    }

    // MARK: Stale state

    func removeWhatIsStale() async {
        // What another server has heard of a sender a moment ago counts.
        await receiver.betweenUpdates { if receiver.hasFollowedStore() { forgetStale() } }
        await purge()
    }

    private func forgetStale() {
        let now = index.clock.now
        let stale = index.table.withLockedValue { table in
            table.all.filter { $0.underWay == 0 && !$0.isPending(at: now) && !table.isFresh($0, at: now) }
        }
        for sender in stale {
            receiver.logger.notice("sender is stale", metadata: ["url": "\(sender.key.url)"])
            receiver.forget(sender)
        }
    }

    /// Walks over all entries, a batch at a time, and removes those that no sender stands for.
    private func purge() async {
        guard let store = index.store else { return }
        var after: IndexPosition?
        repeat {
            let (dead, next) = await batch(behind: after, store)
            after = next
            if dead.isEmpty { continue }
            await withCheckedContinuation { continuation in
                store.submit(WriteRequest([.purge(dead)]) { _ in continuation.resume() })
            }
        } while after != nil && !Task.isCancelled
    }

    /// A list that another server began after we looked is in the store before its entries are.
    private func stillDead(_ entries: [PurgeEntry]) -> [PurgeEntry] {
        if receiver.shared == nil { return entries }
        guard receiver.hasFollowedStore() else { return [] }
        let (senders, now) = (index.table.withLockedValue { $0 }, index.clock.now)
        return entries.filter { senders.isDead($0.entry, at: now) }
    }

    private func batch(
        behind after: IndexPosition?, _ store: any IndexStore
    ) async -> (dead: [PurgeEntry], next: IndexPosition?) {
        let index = index
        let found = try? await NIOThreadPool.singleton.runIfActive { () throws -> ([PurgeEntry], IndexPosition?) in
            let reader = try store.makeReader()
            defer { reader.release() }
            let (senders, now) = (index.table.withLockedValue { $0 }, index.clock.now)
            var dead: [PurgeEntry] = []
            var count = 0
            var next: IndexPosition?
            try reader.entries(prefix: .empty, order: .ascending, after: after) { lfn, entry in
                count += 1
                if senders.isDead(entry, at: now) { dead.append(PurgeEntry(lfn: ByteString(lfn), entry: entry)) }
                guard count == Self.batch else { return .next }
                next = IndexPosition(lfn: ByteString(lfn), sender: entry.sender)
                return .stop
            }
            return (dead.isEmpty ? [] : stillDead(dead), next)
        }
        return found ?? ([], nil)
    }
}

extension SenderTable {
    /// Not visible, and not on its way to become so.
    fileprivate func isDead(_ entry: IndexEntry, at now: Int) -> Bool {
        guard let sender = self[entry.sender] else { return true }
        if sender.underWay > 0 { return false }
        if sender.isPending(at: now), let pending = sender.pending, entry.last >= pending { return false }
        guard let visible = sender.visible(at: now, expireStale) else { return !sender.isPending(at: now) }
        return !entry.isVisible(visible)
    }
}
