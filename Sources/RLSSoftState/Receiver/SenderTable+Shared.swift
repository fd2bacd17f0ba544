import RLSCore
import RLSStorage

extension SenderTable {
    /// What follows from records for what is kept beside the table.
    struct Merge {
        /// Senders that are no more what they were: their filters, if any, do not count.
        var replaced: [IndexSender] = []
        /// Records of catalogs that send filters by now.
        var obsolete: [Int] = []
    }

    /// Takes over what other servers have written of senders. What this server has told itself since they were read stays.
    /// - Parameters:
    ///   - records: all that the store has
    ///   - known: numbers of those that it had the last time
    mutating func merge(_ records: [ListSenderRecord], known: Set<Int>, at now: Int) -> Merge {
        var merge = Merge()
        isComplete = true
        for record in records { take(record, at: now, &merge) }
        for id in known.subtracting(records.map(\.id)) {
            // Forgotten by another; not so if its next list is coming in here.
            guard let mine = self[id], mine.isList, mine.pendingOrigin == nil else { continue }
            remove(id)
            merge.replaced.append(mine)
        }
        return merge
    }

    private mutating func take(_ record: ListSenderRecord, at now: Int, _ merge: inout Merge) {
        guard var mine = self[SenderKey(url: record.url, instance: record.instance)] else {
            return put(IndexSender(record, at: now))
        }
        if mine.isList && mine.id == record.id {
            if mine.adopt(record, at: now) { put(mine) }
        } else if mine.isList || record.lastUpdate > mine.lastUpdate / 1_000 {
            // Two servers have taken it up at once, or it sends a list again.
            remove(mine.id)
            merge.replaced.append(mine)
            put(IndexSender(record, at: now))
        } else if record.generation == record.live {
            merge.obsolete.append(record.id)
        }
    }
}

extension IndexSender {
    /// Of a list, by another server's record. False when that tells nothing new.
    fileprivate mutating func adopt(_ record: ListSenderRecord, at now: Int) -> Bool {
        let isLater = record.lastUpdate > lastUpdate / 1_000 && (record.live == live || key.instance.isEmpty)
        guard isLater || record.live > live || record.generation > generation else { return false }
        if isLater || record.generation > generation {
            // Another server has begun a list, or taken changes of which one that comes in here does not know.
            pending = record.generation > record.live ? record.generation : nil
            (pendingOrigin, pendingSince) = (nil, now)
        } else if let number = pending, record.live >= number {
            pending = nil
        }
        kind = .list(live: key.instance.isEmpty ? record.live : max(live, record.live))
        generation = max(generation, record.generation)
        path = record.path
        lastUpdate = max(lastUpdate, record.lastUpdate * 1_000)
        lastFull = max(lastFull, record.lastFull * 1_000)
        names = record.names
        // The original's senders do not tell their interval; this server may have asked.
        if record.interval > 0 { interval = record.interval }
        return true
    }
}
