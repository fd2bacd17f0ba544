import NIOConcurrencyHelpers
import RLSCore
import RLSFilter
import RLSStorage

/// The replica location index: which catalogs may know a logical name. Every look-up is exact about lists, and may be wrong
/// about filters; neither shows what is stale.
package final class LocationIndex: Sendable {
    let filters = FilterSet()
    let table = NIOLockedValueBox(SenderTable())
    let clock: SteadyClock
    /// nil where only filters are taken.
    package let store: (any IndexStore)?

    /// - Parameter expireStale: seconds that a sender without an interval is believed
    /// - Parameter senders: what the store knows; nil when it could not be asked
    package init(
        store: (any IndexStore)?, clock: SteadyClock, expireStale: Int, senders: [ListSenderRecord]? = []
    ) {
        self.store = store
        self.clock = clock
        table.withLockedValue { table in
            table.expireStale = expireStale
            // Rises with time, and stays small: it stands in every row.
            table.nextID = max(1, clock.seconds - 1_760_000_000)
            table.hasRandomIDs = store?.isShared == true
            table.isComplete = senders != nil
            for record in senders ?? [] { table.put(IndexSender(record, at: clock.now)) }
        }
    }

    /// URLs of the catalogs, ascending. The reader is not touched unless there are lists.
    package func locations(of name: Span<UInt8>, _ reader: (any IndexReader)?) throws(StorageError) -> [ByteString] {
        var hits: [Int] = []
        filters.appendSenders(maybeHolding: name, to: &hits)
        var entries: [IndexEntry] = []
        if let reader, hasLists {
            try reader.entries(of: name) { entry in
                entries.append(entry)
                return .next
            }
        }
        if hits.isEmpty && entries.isEmpty { return [] }
        let now = clock.now
        var urls: [ByteString] = table.withLockedValue { table in
            hits.compactMap { table.url(ofFilter: $0, at: now) } + entries.compactMap { table.url(of: $0, at: now) }
        }
        if urls.count > 1 { urls.sortWithoutRepeats() }
        return urls
    }

    /// Names of the lists that begin with `prefix`, descending, with their catalogs; nil where an entry does not
    /// count.
    package func walk(
        prefix: ByteString, after: IndexPosition?, _ reader: any IndexReader,
        visit: (_ lfn: Span<UInt8>, _ url: ByteString?, _ position: IndexEntry) -> Visit
    ) throws(StorageError) {
        let (snapshot, now) = (table.withLockedValue { $0 }, clock.now)
        try reader.entries(prefix: prefix, order: .namesDescending, after: after) { lfn, entry in
            visit(lfn, snapshot.url(of: entry, at: now), entry)
        }
    }

    /// Or may have: the store says no when it is not there.
    package var hasLists: Bool { table.withLockedValue { $0.listCount > 0 || !$0.isComplete } }

    /// Whether wildcards have nothing to go by.
    package var holdsFiltersOnly: Bool { !hasLists && filters.count > 0 }

    package func isSender(_ url: ByteString) -> Bool {
        let now = clock.now
        return table.withLockedValue { table in table.senders(at: url).contains { table.isFresh($0, at: now) } }
    }

    var freshSenders: [IndexSender] {
        let now = clock.now
        return table.withLockedValue { $0.fresh(at: now) }
    }
}

extension [ByteString] {
    fileprivate mutating func sortWithoutRepeats() {
        sort()
        var kept = 1
        for index in 1..<count where self[index] != self[kept - 1] {
            self[kept] = self[index]
            kept += 1
        }
        removeLast(count - kept)
    }
}
