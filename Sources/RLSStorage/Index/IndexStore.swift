import RLSCore

/// Numbers of names and of (name, sender) pairs that an index has in its tables, stale ones included until they are removed.
package struct IndexCounts: Sendable, Hashable {
    package var lfns: Int
    package var mappings: Int

    package init(lfns: Int = 0, mappings: Int = 0) {
        self.lfns = lfns
        self.mappings = mappings
    }
}

/// What an index keeps of name lists, and the servers that it updates itself.
package protocol IndexStore: Sendable {
    var counts: IndexCounts { get }
    /// As of a catalog.
    var answersInPlace: Bool { get }
    /// Other servers may write to it, too: what is known of senders must follow it, and numbers of senders must not clash.
    var isShared: Bool { get }
    func submit(_ request: WriteRequest<IndexChange>)
    func makeReader() throws(StorageError) -> any IndexReader
    /// Commits what is queued, refuses what comes later, closes the files.
    func shutdown()
}

/// A name that a sender has told of. Visible while `first` is not above the sender's live generation and `last` not below it.
package struct IndexEntry: Sendable, Hashable {
    package let sender: Int
    package let first: Int
    package let last: Int

    package init(sender: Int, first: Int, last: Int) {
        self.sender = sender
        self.first = first
        self.last = last
    }

    package func isVisible(_ generations: ClosedRange<Int>) -> Bool {
        first <= generations.upperBound && last >= generations.lowerBound
    }
}

/// Where a walk over entries stopped.
package struct IndexPosition: Sendable, Hashable {
    package let lfn: ByteString
    package let sender: Int

    package init(lfn: ByteString, sender: Int) {
        self.lfn = lfn
        self.sender = sender
    }
}

/// Reads committed state; used by one thread at a time. What a store has acknowledged, every later read sees.
package protocol IndexReader: AnyObject {
    /// The entries of these names are looked up next, before `release`.
    func prefetch(_ lfns: [ByteString]) throws(StorageError)
    func entries(of lfn: Span<UInt8>, visit: (IndexEntry) -> Visit) throws(StorageError)
    /// Names that begin with `prefix`, in the given order, behind `after`; the entries of one name by sender.
    func entries(
        prefix: ByteString, order: MappingOrder, after: IndexPosition?, visit: (Span<UInt8>, IndexEntry) -> Visit
    ) throws(StorageError)
    func senders() throws(StorageError) -> [ListSenderRecord]
    /// All senders, if somebody else has changed one since the last call for this store; at the first call in any case. Waits no
    /// more than a moment for a store that is not there.
    func changedSenders() throws(StorageError) -> [ListSenderRecord]?
    func rlis() throws(StorageError) -> [RLIRecord]
    /// Lets go of the snapshot that reads share.
    func release()
}

extension IndexStore {
    package var answersInPlace: Bool { true }
    package var isShared: Bool { false }
}

extension IndexReader {
    package func prefetch(_ lfns: [ByteString]) throws(StorageError) {}
    package func changedSenders() throws(StorageError) -> [ListSenderRecord]? { nil }
}

/// A server that sends name lists.
package struct ListSenderRecord: Sendable, Hashable {
    package let id: Int
    package let url: ByteString
    package let instance: ByteString
    package var path: [ByteString]
    /// The generation (a time in milliseconds) of the last whole list; of senders of the original's kind, which never say that a list is whole, 0.
    package var live: Int
    /// The last generation that was given out, above `live` while a list is under way. Stores that one server has to itself need
    /// not keep it.
    package var generation: Int
    /// Unix times.
    package var lastUpdate: Int
    package var lastFull: Int
    /// Seconds to the next update, 0 when the sender does not say.
    package var interval: Int
    package var names: Int

    package init(
        id: Int, url: ByteString, instance: ByteString, path: [ByteString] = [], live: Int = 0, generation: Int = 0,
        lastUpdate: Int = 0, lastFull: Int = 0, interval: Int = 0, names: Int = 0
    ) {
        self.id = id
        self.url = url
        self.instance = instance
        self.path = path
        self.live = live
        self.generation = max(generation, live)
        self.lastUpdate = lastUpdate
        self.lastFull = lastFull
        self.interval = interval
        self.names = names
    }
}
