import RLSCore
import RLSStorage

/// The catalogs that update this index.
struct SenderTable: Sendable {
    private var senders: [Int: IndexSender] = [:]
    private var ids: [SenderKey: Int] = [:]
    private var byURL: [ByteString: Set<Int>] = [:]
    /// Never used twice, not even after a restart: entries of a sender that was forgotten may still be there.
    var nextID = 1
    /// Others choose numbers, too, and do not know of ours.
    var hasRandomIDs = false
    /// Whether the senders that the store knows are among these.
    var isComplete = true
    /// Whether any name list may have to be read.
    private(set) var listCount = 0
    /// Seconds; of senders that tell no interval.
    var expireStale = 86_400

    var all: [IndexSender] { senders.values.sorted { $0.id < $1.id } }
    var count: Int { senders.count }

    subscript(id: Int) -> IndexSender? { senders[id] }
    subscript(key: SenderKey) -> IndexSender? { ids[key].flatMap { senders[$0] } }

    mutating func makeID() -> Int {
        if hasRandomIDs { return Int.random(in: 1..<1 << 62) }
        defer { nextID += 1 }
        return nextID
    }

    mutating func put(_ sender: IndexSender) {
        let old = senders.updateValue(sender, forKey: sender.id)
        ids[sender.key] = sender.id
        byURL[sender.key.url, default: []].insert(sender.id)
        listCount += (sender.isList ? 1 : 0) - (old?.isList == true ? 1 : 0)
        nextID = max(nextID, sender.id + 1)
    }

    mutating func remove(_ id: Int) {
        guard let sender = senders.removeValue(forKey: id) else { return }
        if ids[sender.key] == id { ids[sender.key] = nil }
        byURL[sender.key.url]?.remove(id)
        if byURL[sender.key.url]?.isEmpty == true { byURL[sender.key.url] = nil }
        if sender.isList { listCount -= 1 }
    }

    /// The catalog's URL while its filter counts.
    func url(ofFilter id: Int, at now: Int) -> ByteString? {
        guard let sender = senders[id], !sender.isList, now < sender.staleTime(expireStale) else { return nil }
        return sender.key.url
    }

    /// The catalog's URL while this entry of its list counts.
    func url(of entry: IndexEntry, at now: Int) -> ByteString? {
        guard let sender = senders[entry.sender], let visible = sender.visible(at: now, expireStale),
            entry.isVisible(visible)
        else { return nil }
        return sender.key.url
    }

    func isFresh(_ sender: IndexSender, at now: Int) -> Bool { sender.hasState && now < sender.staleTime(expireStale) }

    func fresh(at now: Int) -> [IndexSender] { all.filter { isFresh($0, at: now) } }

    /// Others that go by the same URL, the oldest news first.
    func namesakes(of key: SenderKey) -> [IndexSender] {
        senders(at: key.url).filter { $0.key != key }.sorted { $0.lastUpdate < $1.lastUpdate }
    }

    func senders(at url: ByteString) -> [IndexSender] { (byURL[url] ?? []).compactMap { senders[$0] } }

    /// What has happened to the sender, if it is still there.
    mutating func change(_ id: Int, _ body: (inout IndexSender) -> Void) {
        guard var sender = senders[id] else { return }
        body(&sender)
        put(sender)
    }
}
