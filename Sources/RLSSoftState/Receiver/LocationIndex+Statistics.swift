import NIOConcurrencyHelpers
import RLSCore
import RLSFilter
import RLSStorage
import RLSWire

extension LocationIndex {
    /// The index's part of `stats`.
    package func fill(_ statistics: inout ServerStatistics, isOriginal: Bool) {
        let fresh = freshSenders
        statistics.flags.insert(.rli)
        if fresh.contains(where: \.isList) { statistics.flags.insert(.receivesLists) }
        if fresh.contains(where: { !$0.isList }) { statistics.flags.insert(.receivesFilters) }
        let counts = store?.counts ?? IndexCounts()
        statistics.rliLFNs = counts.lfns
        statistics.rliMappings = counts.mappings
        statistics.rliLRCs = Set(fresh.map(\.key.url)).count
        statistics.rliSenders = isOriginal ? nil : fresh.count
    }

    /// Senders whose state counts: URL descending, as lists of the protocol are, and Unix time of the last update.
    package var senderItems: [SenderItem] {
        freshSenders.map { SenderItem(url: $0.key.url, lastUpdate: $0.lastUpdate / 1_000) }.sorted { $0.url > $1.url }
    }

    package var status: [SoftStateStatus] {
        let senders = table.withLockedValue { $0 }
        return senders.all.filter(\.hasState).sorted { $0.key.url < $1.key.url }.map { sender in
            status(of: sender, in: senders)
        }
    }

    private func status(of sender: IndexSender, in senders: SenderTable) -> SoftStateStatus {
        var item = SoftStateStatus()
        item.direction = .receives
        item.url = sender.key.url
        item.lastSuccess = sender.lastUpdate / 1_000
        item.lastFull = sender.lastFull / 1_000
        item.next = sender.staleTime(senders.expireStale) / 1_000
        item.names = sender.names
        if let shape = filters.shape(of: sender.id), let population = filters.population(sender.id) {
            item.kind = shape.hashing == .legacy ? .legacyFilter : .filter
            item.describe(shape, population: population)
        }
        if senders.namesakes(of: sender.key).contains(where: { senders.isFresh($0, at: clock.now) }) {
            item.error = "another catalog goes by the same URL"
        } else if !senders.isFresh(sender, at: clock.now) {
            item.error = "stale"
        }
        return item
    }
}
