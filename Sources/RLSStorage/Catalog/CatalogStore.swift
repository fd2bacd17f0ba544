import RLSCore

/// Numbers of names and mappings, kept in step with commits.
package struct CatalogCounts: Sendable, Hashable {
    package var lfns: Int
    package var pfns: Int
    package var mappings: Int

    package init(lfns: Int = 0, pfns: Int = 0, mappings: Int = 0) {
        self.lfns = lfns
        self.pfns = pfns
        self.mappings = mappings
    }

    package static func + (left: CatalogCounts, right: CatalogCounts) -> CatalogCounts {
        CatalogCounts(
            lfns: left.lfns + right.lfns, pfns: left.pfns + right.pfns, mappings: left.mappings + right.mappings)
    }
}

/// A durable catalog. Writes are queued and committed in groups; reads go through readers, one a thread.
package protocol CatalogStore: Sendable {
    var counts: CatalogCounts { get }
    /// Exact look-ups are short enough for an event loop. Otherwise they are gathered, prefetched, and made by other threads.
    var answersInPlace: Bool { get }
    /// How old a read may be that need not be current.
    var staleness: Duration { get }

    /// Queues a request. The completion runs once, after the commit is durable or the store has failed.
    func submit(_ request: WriteRequest<Change>)

    /// Tells of what was committed, in order, one call at a time: where the store is this server's alone, before those who asked
    /// are answered; where it is shared, soon after, and only while this server is on duty. One observer, set before the first
    /// write; it must be quick.
    func observe(_ observer: @escaping @Sendable ([CatalogEvent]) -> Void)
    /// Runs `work` between two commits, when all before it have been told, then returns; not to be called by the observer.
    func betweenCommits(_ work: @escaping @Sendable () -> Void) throws(StorageError)

    func makeReader() throws(StorageError) -> any CatalogReader

    /// Runs `body` while this server, of all that share the catalog, is the one that tells index servers of it. Cancels it when
    /// another takes over, and runs it again when the turn comes back; ends when it is cancelled itself.
    /// - Parameter url: the server's, for people
    func whileOnDuty(as url: ByteString, _ body: @escaping @Sendable () async -> Void) async

    /// Commits what is queued, refuses what comes later, closes the files.
    func shutdown()
}

/// What a commit has done to the set of logical names, or to the list of index servers.
package enum CatalogEvent: Sendable, Hashable {
    case name(NameChange)
    case cleared
    case rlisChanged
    /// What came before has been lost: whoever keeps names in step must begin anew.
    case missed
}

/// Whether a visitor wants the next row.
package enum Visit: Sendable {
    case next
    case stop
}

/// Reads committed state; used by one thread at a time. What a store has acknowledged, every later read sees.
package protocol CatalogReader: AnyObject {
    /// Whether reads must show all that was acknowledged; otherwise they may be as old as the store allows. True at first and
    /// again after `release`.
    var mustBeCurrent: Bool { get set }

    /// These look-ups come next, before `release`; a reader that answers in place has nothing to do.
    func prefetch(_ keys: [CatalogKey]) throws(StorageError)

    func hasName(_ kind: NameKind, _ name: Span<UInt8>) throws(StorageError) -> Bool
    func hasMapping(lfn: Span<UInt8>, pfn: Span<UInt8>) throws(StorageError) -> Bool

    /// The names mapped to `name`, ascending, those above `after` only.
    func partners(
        of kind: NameKind, _ name: Span<UInt8>, after: ByteString?, visit: (Span<UInt8>) -> Visit
    ) throws(StorageError)

    /// Mappings whose name of that kind begins with `prefix`, in the given order, behind `after`.
    func mappings(
        by kind: NameKind, prefix: ByteString, order: MappingOrder, after: MappingPosition?,
        visit: (_ name: Span<UInt8>, _ partner: Span<UInt8>) -> Visit
    ) throws(StorageError)

    func attributeDefinition(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> AttributeDefinition?
    /// Ascending by name.
    func attributeDefinitions(_ kind: NameKind) throws(StorageError) -> [AttributeDefinition]
    /// Values of one object, ordered by type and name.
    func attributeValues(_ kind: NameKind, of key: Span<UInt8>) throws(StorageError) -> [NamedValue]
    /// Objects whose value of that attribute meets the condition, ordered by value; of `like` only the literal prefix, the rest
    /// is for the visitor, who counts what it rejects.
    func search(
        _ definition: AttributeDefinition, _ condition: AttributeCondition, after: SearchPosition?,
        visit: (_ key: Span<UInt8>, _ value: AttributeValue, _ position: SearchPosition) -> Visit
    ) throws(StorageError)

    /// The distinct logical names above `after`, ascending.
    func lfns(after: ByteString?, visit: (Span<UInt8>) -> Visit) throws(StorageError)

    func rlis() throws(StorageError) -> [RLIRecord]
    /// Tells this catalog from any other that goes by its URL; a copy of its database has the same.
    func identity() throws(StorageError) -> ByteString

    /// Takes a snapshot now; every read is of it, whatever is committed, until `release`.
    func pin() throws(StorageError)
    /// Lets go of the snapshot that reads share. Call when no read is due soon: a held snapshot keeps the log from shrinking.
    func release()
}

extension CatalogStore {
    package var answersInPlace: Bool { true }
    package var staleness: Duration { .zero }
    package func whileOnDuty(as url: ByteString, _ body: @escaping @Sendable () async -> Void) async { await body() }
}

extension CatalogReader {
    package func prefetch(_ keys: [CatalogKey]) throws(StorageError) {}
    package var mustBeCurrent: Bool {
        get { true }
        set {}
    }
}

package enum MappingOrder: Sendable {
    case ascending
    /// Names descending, the partners of each ascending: the order of the original's lists.
    case namesDescending
}

/// Where an ordered walk over mappings stopped.
package struct MappingPosition: Sendable, Hashable {
    package let name: ByteString
    package let partner: ByteString

    package init(name: ByteString, partner: ByteString) {
        self.name = name
        self.partner = partner
    }
}

/// Where an attribute search stopped.
package struct SearchPosition: Sendable, Hashable {
    package let value: AttributeValue
    package let object: Int64

    package init(value: AttributeValue, object: Int64) {
        self.value = value
        self.object = object
    }
}

package struct NamedValue: Sendable, Hashable {
    package let name: ByteString
    package let value: AttributeValue

    package init(name: ByteString, value: AttributeValue) {
        self.name = name
        self.value = value
    }
}
