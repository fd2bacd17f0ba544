import RLSCore
import RLSFilter
import RLSStorage
import RLSWire

/// Which catalog: two that go by the same URL are two.
package struct SenderKey: Sendable, Hashable {
    let url: ByteString
    let instance: ByteString
}

/// A catalog that updates this index, and how old what it said is. Times in milliseconds of the steady clock.
package struct IndexSender: Sendable {
    package enum Kind: Sendable, Hashable {
        /// The generation of a whole list; 0 where the sender does not say when a list is whole. Generations are times.
        case list(live: Int)
        /// nil: a filter of the original's kind, without versions.
        case filter(FilterVersion?)
    }

    let id: Int
    let key: SenderKey
    var kind: Kind
    var path: [ByteString] = []
    var lastUpdate = 0
    var lastFull = 0
    /// Seconds, 0 for unknown.
    var interval = 0
    var names = 0
    /// The generation of a list under way.
    var pending: Int?
    /// The last that was given out: none is given out twice.
    var generation = 0
    /// When a part of the list under way last came, and what it was told with; nil when another server takes that list.
    var pendingSince = 0
    var pendingOrigin: UpdateOrigin?
    /// Updates that the store has not yet made durable: until then the sender may look stale, and is not.
    var underWay = 0

    var isList: Bool { if case .list = kind { true } else { false } }

    /// Whether the store has a record of it.
    var isStored: Bool { isList || pending != nil }

    /// 0 unless it is a list that has been whole.
    var live: Int { if case .list(let number) = kind { number } else { 0 } }

    /// A list that nobody goes on with is given up after an hour; another server's, whose parts are not seen here, after a day.
    func isPending(at now: Int) -> Bool {
        pending != nil && now - pendingSince < (pendingOrigin == nil ? 86_400_000 : 3_600_000)
    }

    /// A list whose beginning only is known shows nothing, and neither does it grow old.
    var hasState: Bool { lastUpdate > 0 }

    /// When it is believed no longer.
    func staleTime(_ expireStale: Int) -> Int {
        lastUpdate + (interval > 0 ? interval * 1_200 : expireStale * 1_000)
    }

    /// Which entries of its list are visible; nil for none.
    func visible(at now: Int, _ expireStale: Int) -> ClosedRange<Int>? {
        guard case .list(let live) = kind, now < staleTime(expireStale) else { return nil }
        if live > 0 { return live...live }
        // Ours, and never yet whole.
        if !key.instance.isEmpty { return nil }
        // Name by name: what has not been told again in time has gone.
        let age = interval > 0 ? interval * 1_200 : expireStale * 1_000
        return now - age...Int.max
    }

    var record: ListSenderRecord {
        ListSenderRecord(
            id: id, url: key.url, instance: key.instance, path: path, live: live, generation: generation,
            lastUpdate: lastUpdate / 1_000, lastFull: lastFull / 1_000, interval: interval, names: names)
    }

    init(id: Int, key: SenderKey, kind: Kind) {
        self.id = id
        self.key = key
        self.kind = kind
    }

    /// - Parameter now: when it was read
    init(_ record: ListSenderRecord, at now: Int) {
        id = record.id
        key = SenderKey(url: record.url, instance: record.instance)
        kind = .list(live: record.live)
        generation = record.generation
        if record.generation > record.live { (pending, pendingSince) = (record.generation, now) }
        path = record.path
        lastUpdate = record.lastUpdate * 1_000
        lastFull = record.lastFull * 1_000
        interval = record.interval
        names = record.names
    }
}
