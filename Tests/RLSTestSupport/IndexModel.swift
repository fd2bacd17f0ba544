import RLSCore
import RLSStorage

/// What an index store should hold: the rules, over a dictionary.
struct IndexModel {
    private(set) var entries: [ByteString: [Int: IndexEntry]] = [:]

    mutating func apply(_ change: IndexChange) {
        switch change {
        case .put(let put): for name in put.names { self.put(name, put) }
        case .delete(let sender, let names): for name in names { remove(name, sender) { _ in true } }
        case .purge(let seen): for item in seen { remove(item.lfn, item.entry.sender) { $0 == item.entry } }
        default: break
        }
    }

    private mutating func put(_ name: ByteString, _ put: ListPut) {
        let old = entries[name]?[put.sender]
        let keeps = old?.isVisible(put.visible) == true
        let first = keeps ? min(old?.first ?? put.generation, put.generation) : put.generation
        entries[name, default: [:]][put.sender] = IndexEntry(sender: put.sender, first: first, last: put.generation)
    }

    private mutating func remove(_ name: ByteString, _ sender: Int, if condition: (IndexEntry) -> Bool) {
        guard let entry = entries[name]?[sender], condition(entry) else { return }
        entries[name]?[sender] = nil
        if entries[name]?.isEmpty == true { entries[name] = nil }
    }

    var counts: IndexCounts { IndexCounts(lfns: entries.count, mappings: entries.values.reduce(0) { $0 + $1.count }) }

    func entries(of name: ByteString) -> [IndexEntry] { (entries[name] ?? [:]).values.sorted { $0.sender < $1.sender } }

    func seen(_ name: ByteString) -> [PurgeEntry] { entries(of: name).map { PurgeEntry(lfn: name, entry: $0) } }

    func walk(prefix: ByteString, order: MappingOrder) -> [PurgeEntry] {
        let names = entries.keys.filter { $0.bytes.starts(with: prefix.bytes) }.sorted()
        return (order == .ascending ? names : names.reversed()).flatMap { seen($0) }
    }
}
