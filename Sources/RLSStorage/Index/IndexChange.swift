import RLSCore

/// One change to the tables of an index.
package enum IndexChange: SizedChange {
    case putSender(ListSenderRecord)
    /// Its entries go too, sooner or later: nobody sees them any more.
    case removeSender(Int)
    case put(ListPut)
    case delete(sender: Int, names: [ByteString])
    /// Removes entries that are still as they were seen.
    case purge([PurgeEntry])
    case addRLI(url: ByteString, flags: Int, pattern: ByteString)
    case deleteRLI(url: ByteString, pattern: ByteString)
    case noteRLIUpdate(url: ByteString, time: Int)

    package var size: Int {
        switch self {
        case .put(let put): put.names.count
        case .delete(_, let names): names.count
        case .purge(let entries): entries.count
        default: 1
        }
    }
}

/// Names that a sender has, as of a generation.
package struct ListPut: Sendable {
    package let sender: Int
    package let generation: Int
    /// Generations in which an entry is visible now: what is visible stays so, whatever becomes of the new generation.
    package let visible: ClosedRange<Int>
    package let names: [ByteString]

    package init(sender: Int, generation: Int, visible: ClosedRange<Int>, names: [ByteString]) {
        self.sender = sender
        self.generation = generation
        self.visible = visible
        self.names = names
    }
}

package struct PurgeEntry: Sendable, Hashable {
    package let lfn: ByteString
    package let entry: IndexEntry

    package init(lfn: ByteString, entry: IndexEntry) {
        self.lfn = lfn
        self.entry = entry
    }
}

/// What a back end must be able to do inside a write transaction.
package protocol IndexTransaction: RLIRegistry {
    func putSender(_ record: ListSenderRecord) throws(StorageError)
    func removeSender(_ id: Int) throws(StorageError)
    func put(_ names: ListPut) throws(StorageError)
    func delete(sender: Int, names: [ByteString]) throws(StorageError)
    func purge(_ entries: [PurgeEntry]) throws(StorageError)
}

extension IndexTransaction {
    /// nil when the change was made.
    package func apply(_ change: IndexChange) throws(StorageError) -> CatalogError? {
        switch change {
        case .putSender(let record): try putSender(record)
        case .removeSender(let id): try removeSender(id)
        case .put(let names): try put(names)
        case .delete(let sender, let names): try delete(sender: sender, names: names)
        case .purge(let entries): try purge(entries)
        case .addRLI(let url, let flags, let pattern): return try register(url, flags, pattern)
        case .deleteRLI(let url, let pattern): return try unregister(url, pattern)
        case .noteRLIUpdate(let url, let time): return try noteUpdate(ofRLI: url, at: time)
        }
        return nil
    }
}
