import RLSCore
import RLSStorage

/// Finds the files that may go.
struct ReapSearch {
    let work: WorkStore
    let metadata: MetadataStore
    let rules: ReapRules
    private(set) var found: [ReapCandidate] = []
    /// All copies that were looked at.
    private(set) var copies = 0

    init(work: WorkStore, metadata: MetadataStore, rules: ReapRules) {
        self.work = work
        self.metadata = metadata
        self.rules = rules
    }

    /// Of which each subscription that wants them lets go: after its lifetime, or because it has too much.
    mutating func findEnded(_ subscriptions: [Subscription]) throws(StorageError) {
        let surplus = try surplus(of: subscriptions)
        var (count, held) = (0, [(file: HeldFile, released: Int, ended: Int)]())
        try work.heldFiles(in: .present) { (file) throws(StorageError) in
            count += 1
            let ended = rules.ended(since: file.came)
            let released = ended | surplus[file.id, default: 0]
            if file.subscriptions & ~released == 0 { held.append((file, released, ended)) }
        }
        copies = max(copies, count)
        for (file, released, ended) in held {
            // What was noted may be old: a change of the metadata, or a subscription, may want the file since.
            guard let known = try metadata.lastWord(on: file.lfn), let record = known.record,
                known.site != metadata.site
            else { continue }
            let wanting = rules.wanting(record, publisher: known.site) | file.subscriptions
            if wanting & ~released != 0 { continue }
            found.append(
                ReapCandidate(
                    want: file.id, lfn: file.lfn, size: file.size, came: file.came,
                    reason: wanting & ~ended == 0 ? .lifetime : .volume))
        }
    }

    /// Bits of subscriptions by files that are too much for them, the oldest first.
    private func surplus(of subscriptions: [Subscription]) throws(StorageError) -> [Int: Int] {
        var surplus: [Int: Int] = [:]
        for subscription in subscriptions where subscription.configuration.isRolling {
            for id in try work.outOfRolling(subscription) { surplus[id, default: 0] |= subscription.bit }
        }
        for subscription in subscriptions
        where subscription.configuration.maximumVolume > 0 && !subscription.configuration.isRolling {
            let total = try work.totals(of: subscription)[.present]?.bytes ?? 0
            var excess = total - subscription.configuration.maximumVolume
            if excess <= 0 { continue }
            try work.heldFiles(in: .present, wantedBy: subscription.bit) { (file) throws(StorageError) in
                if excess <= 0 { return }
                excess -= file.size
                surplus[file.id, default: 0] |= subscription.bit
            }
        }
        return surplus
    }

    /// Those that came for a subscription, and that none wants any more. What came in other ways stays.
    mutating func findUnwanted(_ mappings: [Mapping]) throws(StorageError) {
        let names = Set(mappings.map(\.lfn))
        copies = max(copies, names.count)
        for lfn in names.sorted() {
            guard try !work.isWanted(lfn), try work.wasFetched(lfn), let known = try metadata.lastWord(on: lfn),
                known.site != metadata.site
            else { continue }
            if let record = known.record, rules.wanting(record, publisher: known.site) != 0 { continue }
            found.append(
                ReapCandidate(want: nil, lfn: lfn, size: known.record?.size ?? 0, came: 0, reason: .unwanted))
        }
    }
}
