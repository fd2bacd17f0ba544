import Dispatch
import NIOConcurrencyHelpers
import RLSCore
import RLSStorage
import RLSTestSupport

/// The way to a store that does not answer in place: what travels on it, held up or failing as a test wants.
final class Journeys: Sendable {
    private struct Record {
        var catalog: [[CatalogKey]] = []
        var index: [[ByteString]] = []
        var lone = 0
        var failure: StorageError?
    }

    private let record = NIOLockedValueBox(Record())
    private let isOpen = ConditionLock(value: true)
    private let arrivals = DispatchSemaphore(value: 0)

    var catalog: [[CatalogKey]] { record.withLockedValue { $0.catalog } }
    var index: [[ByteString]] { record.withLockedValue { $0.index } }
    /// Look-ups that went alone, since nobody had read them ahead.
    var lone: Int { record.withLockedValue { $0.lone } }

    func close() { set(open: false) }
    func open() { set(open: true) }
    private func set(open: Bool) {
        isOpen.lock()
        isOpen.unlock(withValue: open)
    }

    func fail(_ error: StorageError?) { record.withLockedValue { $0.failure = error } }

    /// Waits until one more has set out.
    func waitForOne() { _ = arrivals.wait(timeout: .now() + Patience.seconds(60)) }

    func travelAlone() { record.withLockedValue { $0.lone += 1 } }
    func travel(_ keys: [CatalogKey]) throws(StorageError) {
        record.withLockedValue { $0.catalog.append(keys) }
        try travel()
    }
    func travel(_ names: [ByteString]) throws(StorageError) {
        record.withLockedValue { $0.index.append(names) }
        try travel()
    }

    private func travel() throws(StorageError) {
        arrivals.signal()
        if isOpen.lock(whenValue: true, timeoutSeconds: Patience.seconds(60)) { isOpen.unlock() }
        if let error = record.withLockedValue({ $0.failure }) { throw error }
    }
}

/// A catalog that is a journey away.
final class RemoteStore: ForwardingStore, @unchecked Sendable {
    let journeys = Journeys()

    override var answersInPlace: Bool { false }
    override func makeReader() throws(StorageError) -> any CatalogReader {
        RemoteReader(try super.makeReader(), journeys)
    }
}

/// Reads another store; knows what was read ahead.
private final class RemoteReader: CatalogReader {
    private let inner: any CatalogReader
    private let journeys: Journeys
    private var known: Set<CatalogKey> = []

    init(_ inner: any CatalogReader, _ journeys: Journeys) {
        self.inner = inner
        self.journeys = journeys
    }

    func prefetch(_ keys: [CatalogKey]) throws(StorageError) {
        try journeys.travel(keys)
        known.formUnion(keys)
    }

    private func look(_ key: CatalogKey) { if !known.contains(key) { journeys.travelAlone() } }

    func hasName(_ kind: NameKind, _ name: Span<UInt8>) throws(StorageError) -> Bool {
        look(.name(kind, ByteString(name)))
        return try inner.hasName(kind, name)
    }
    func hasMapping(lfn: Span<UInt8>, pfn: Span<UInt8>) throws(StorageError) -> Bool {
        look(.mapping(Mapping(lfn: ByteString(lfn), pfn: ByteString(pfn))))
        return try inner.hasMapping(lfn: lfn, pfn: pfn)
    }
    func partners(
        of kind: NameKind, _ name: Span<UInt8>, after: ByteString?, visit: (Span<UInt8>) -> Visit
    ) throws(StorageError) {
        // The middle of a list is not read ahead.
        if after == nil { look(.partners(kind, ByteString(name))) }
        try inner.partners(of: kind, name, after: after, visit: visit)
    }
    func attributeValues(_ kind: NameKind, of key: Span<UInt8>) throws(StorageError) -> [NamedValue] {
        look(.attributeValues(kind, ByteString(key)))
        return try inner.attributeValues(kind, of: key)
    }
    func release() {
        known = []
        inner.release()
    }

    func mappings(
        by kind: NameKind, prefix: ByteString, order: MappingOrder, after: MappingPosition?,
        visit: (Span<UInt8>, Span<UInt8>) -> Visit
    ) throws(StorageError) {
        try inner.mappings(by: kind, prefix: prefix, order: order, after: after, visit: visit)
    }
    func attributeDefinition(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> AttributeDefinition? {
        try inner.attributeDefinition(kind, name)
    }
    func attributeDefinitions(_ kind: NameKind) throws(StorageError) -> [AttributeDefinition] {
        try inner.attributeDefinitions(kind)
    }
    func search(
        _ definition: AttributeDefinition, _ condition: AttributeCondition, after: SearchPosition?,
        visit: (Span<UInt8>, AttributeValue, SearchPosition) -> Visit
    ) throws(StorageError) {
        try inner.search(definition, condition, after: after, visit: visit)
    }
    func lfns(after: ByteString?, visit: (Span<UInt8>) -> Visit) throws(StorageError) {
        try inner.lfns(after: after, visit: visit)
    }
    func rlis() throws(StorageError) -> [RLIRecord] { try inner.rlis() }
    func identity() throws(StorageError) -> ByteString { try inner.identity() }
    func pin() throws(StorageError) { try inner.pin() }
}

/// An index that is a journey away.
final class RemoteIndexStore: IndexStore {
    private let inner: any IndexStore
    private let journeys: Journeys

    init(_ inner: any IndexStore, _ journeys: Journeys) {
        self.inner = inner
        self.journeys = journeys
    }

    var answersInPlace: Bool { false }
    var counts: IndexCounts { inner.counts }
    func submit(_ request: WriteRequest<IndexChange>) { inner.submit(request) }
    func makeReader() throws(StorageError) -> any IndexReader { RemoteIndexReader(try inner.makeReader(), journeys) }
    func shutdown() { inner.shutdown() }
}

private final class RemoteIndexReader: IndexReader {
    private let inner: any IndexReader
    private let journeys: Journeys
    private var known: Set<ByteString> = []

    init(_ inner: any IndexReader, _ journeys: Journeys) {
        self.inner = inner
        self.journeys = journeys
    }

    func prefetch(_ lfns: [ByteString]) throws(StorageError) {
        try journeys.travel(lfns)
        known.formUnion(lfns)
    }
    func entries(of lfn: Span<UInt8>, visit: (IndexEntry) -> Visit) throws(StorageError) {
        if !known.contains(ByteString(lfn)) { journeys.travelAlone() }
        try inner.entries(of: lfn, visit: visit)
    }
    func entries(
        prefix: ByteString, order: MappingOrder, after: IndexPosition?, visit: (Span<UInt8>, IndexEntry) -> Visit
    ) throws(StorageError) {
        try inner.entries(prefix: prefix, order: order, after: after, visit: visit)
    }
    func senders() throws(StorageError) -> [ListSenderRecord] { try inner.senders() }
    func rlis() throws(StorageError) -> [RLIRecord] { try inner.rlis() }
    func release() {
        known = []
        inner.release()
    }
}
