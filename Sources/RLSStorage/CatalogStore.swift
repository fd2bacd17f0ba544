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

    /// Queues a request. The completion runs once, after the commit is durable or the store has failed.
    func submit(_ request: WriteRequest)

    func makeReader() throws(StorageError) -> any CatalogReader

    /// Commits what is queued, refuses what comes later, closes the files.
    func shutdown()
}

/// Whether a visitor wants the next row.
package enum Visit: Sendable {
    case next
    case stop
}

/// Reads committed state; used by one thread at a time. What a store has acknowledged, every later read sees.
package protocol CatalogReader: AnyObject {
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

    func rlis() throws(StorageError) -> [RLIRecord]

    /// Lets go of the snapshot that reads share. Call when no read is due soon: a held snapshot keeps the log from shrinking.
    func release()
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

/// An index server that the catalog is to update. No patterns: it is told of every name.
package struct RLIRecord: Sendable, Hashable {
    package let url: ByteString
    package let flags: Int
    /// Unix time, 0 for never.
    package let lastUpdate: Int
    package let patterns: [ByteString]

    package init(url: ByteString, flags: Int, lastUpdate: Int, patterns: [ByteString]) {
        self.url = url
        self.flags = flags
        self.lastUpdate = lastUpdate
        self.patterns = patterns
    }
}
