import NIOCore
import RLSCore
import RLSSoftState
import RLSStorage
import RLSWire

/// The catalogs that may know a name: `rli_get_lrc`.
struct LocationsProducer: ReplyProducer {
    private let locations: LocationIndex
    private let name: ByteBuffer
    private let page: Page

    init(_ locations: LocationIndex, name: ByteBuffer, page: Page) {
        self.locations = locations
        self.name = name
        self.page = page
    }

    func addNeeds(to ahead: inout ReadAhead) {
        locations.addNeeds(CollectionOfOne(ByteString(name.readableBytesUInt8Span)), to: &ahead)
    }

    mutating func produce(_ readers: RoleReaders, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        let name = self.name
        let urls = try stored { () throws(StorageError) in
            try locations.locations(of: name.readableBytesUInt8Span, readers.index)
        }
        if urls.isEmpty { throw .refused(CatalogError(.lfnNotFound, ByteString(name.readableBytesUInt8Span))) }
        buffer.writeStatus(.success)
        let rest = urls.dropFirst(page.offset)
        let shown = page.limit == 0 ? rest : rest.prefix(page.limit)
        for url in shown {
            buffer.writeField(name)
            buffer.writeField(url)
        }
        buffer.writeListEnd(more: shown.count < rest.count)
        return .done
    }
}

/// `rli_exists`
struct IndexExistsProducer: ReplyProducer {
    let locations: LocationIndex
    let kind: IndexObject
    let arguments: ObjectArguments

    func addNeeds(to ahead: inout ReadAhead) {
        kind.addNeeds(CollectionOfOne(arguments.name), locations, to: &ahead)
    }

    mutating func produce(_ readers: RoleReaders, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        guard try kind.exists(arguments.name, locations, readers) else {
            throw .refused(CatalogError(kind.notFound, arguments.name + "," + arguments.objectType))
        }
        buffer.writeStatus(.success)
        return .done
    }
}

/// `rli_mapping_exists`
struct LocationExistsProducer: ReplyProducer {
    let locations: LocationIndex
    let mapping: Mapping

    func addNeeds(to ahead: inout ReadAhead) { locations.addNeeds(CollectionOfOne(mapping.lfn), to: &ahead) }

    mutating func produce(_ readers: RoleReaders, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        guard try locations.urls(of: mapping.lfn, readers).contains(mapping.pfn) else {
            throw .refused(CatalogError(.mappingNotFound, mapping.subject))
        }
        buffer.writeStatus(.success)
        return .done
    }
}

/// Names of the lists that match a pattern, with their catalogs: `rli_get_lrc_wc`.
struct LocationWildcardProducer: ReplyProducer {
    private let locations: LocationIndex
    private let pattern: SQLPattern
    private var counter: PageCounter
    private var after: IndexPosition?
    private var hasBegun = false

    init(_ locations: LocationIndex, pattern: ByteString, page: Page) {
        self.locations = locations
        self.pattern = SQLPattern(pattern)
        counter = PageCounter(page, resumes: false)
    }

    private enum End {
        case exhausted
        case chunk(IndexPosition)
        case page
    }

    mutating func produce(_ readers: RoleReaders, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        guard let reader = readers.index else { throw .refused(CatalogError(.unsupported, "wildcards")) }
        let (pattern, start) = (self.pattern, buffer.writerIndex)
        var (counter, hasBegun, end, rows) = (self.counter, self.hasBegun, End.exhausted, 0)
        do throws(StorageError) {
            try locations.walk(prefix: pattern.prefix, after: after, reader) { lfn, url, entry in
                if let url, pattern.matches(lfn) {
                    switch counter.next() {
                    case .skip: break
                    case .full:
                        end = .page
                        return .stop
                    case .take:
                        if !hasBegun { buffer.writeStatus(.success) }
                        hasBegun = true
                        buffer.writeField(lfn)
                        buffer.writeField(url)
                    }
                }
                rows += 1
                guard rows == ChunkBudget.rows || buffer.writerIndex - start >= ChunkBudget.bytes else { return .next }
                end = .chunk(IndexPosition(lfn: ByteString(lfn), sender: entry.sender))
                return .stop
            }
        } catch { throw .failed(error) }
        self.counter = counter
        self.hasBegun = hasBegun
        if case .chunk(let position) = end {
            after = position
            return .more
        }
        guard counter.hasSeenRows else { throw .refused(CatalogError(.lfnNotFound, pattern.source)) }
        if !hasBegun { buffer.writeStatus(.success) }
        if case .page = end { buffer.writeListEnd(more: true) } else { buffer.writeListEnd(more: false) }
        return .done
    }
}

extension BulkReplies {
    /// `rli_get_lrc_bulk`
    static func locations(_ locations: LocationIndex, _ names: [BulkName]) -> IndexItemsProducer {
        IndexItemsProducer(names.map(\.name)) { names, ahead in
            locations.addNeeds(names, to: &ahead)
        } write: { (name, readers, buffer) throws(ReplyFailure) in
            let urls = try locations.urls(of: name, readers)
            if urls.isEmpty { buffer.writeError(CatalogError(.lfnNotFound, name)) }
            for url in urls { BulkLookupItem(.success(PairItem(name, url))).encode(into: &buffer) }
        }
    }

    /// `rli_exists_bulk`
    static func exists(_ kind: IndexObject, _ locations: LocationIndex, _ names: [BulkName]) -> IndexItemsProducer {
        IndexItemsProducer(names.map(\.name)) { names, ahead in
            kind.addNeeds(names, locations, to: &ahead)
        } write: { (name, readers, buffer) throws(ReplyFailure) in
            let code: StatusCode = try kind.exists(name, locations, readers) ? .success : kind.notFound
            IndexExistsItem(code, name).encode(into: &buffer)
        }
    }
}

/// A list reply over the names of a request, resumable between them.
struct IndexItemsProducer: ReplyProducer {
    typealias Write = @Sendable (ByteString, RoleReaders, inout ByteBuffer) throws(ReplyFailure) -> Void
    typealias AddNeeds = @Sendable (ArraySlice<ByteString>, inout ReadAhead) -> Void

    private let names: [ByteString]
    private let addNeeds: AddNeeds
    private let write: Write
    private var index = 0
    private var window = ItemWindow()

    init(_ names: [ByteString], needs addNeeds: @escaping AddNeeds, write: @escaping Write) {
        self.names = names
        self.addNeeds = addNeeds
        self.write = write
    }

    mutating func produce(_ readers: RoleReaders, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        let start = buffer.writerIndex
        window.turnBegins(at: index)
        if index == 0 { buffer.writeStatus(.success) }
        while index < names.count {
            if let items = window.next(at: index, of: names.count) {
                try stored { () throws(StorageError) in try readers.prefetch { addNeeds(names[items], &$0) } }
            }
            try write(names[index], readers, &buffer)
            index += 1
            if index < names.count && buffer.writerIndex - start >= ChunkBudget.bytes {
                window.turnEnds(at: index)
                return .more
            }
        }
        buffer.writeListEnd(more: false)
        return .done
    }
}
