import NIOCore
import RLSCore
import RLSStorage
import RLSWire

/// The mappings of one name: `lrc_get_pfn`, `lrc_get_lfn`.
struct PartnersProducer: CatalogReplyProducer {
    private let kind: NameKind
    private let name: ByteBuffer
    private var counter: PageCounter
    private var after: ByteString?
    private var hasBegun = false
    private var stoppedEarly = false

    init(_ kind: NameKind, name: ByteBuffer, page: Page, previous: PageContinuation?) {
        self.kind = kind
        self.name = name
        // The name is copied only by clients that page.
        if page.offset > 0, let previous, case .mapping(let position) = previous.position,
            previous.isNext(.partners(kind, ByteString(name.readableBytesUInt8Span)), offset: page.offset)
        {
            after = position.partner
            counter = PageCounter(page, resumes: true)
        } else {
            counter = PageCounter(page, resumes: false)
        }
    }

    func addNeeds(to ahead: inout ReadAhead) {
        if after == nil { ahead.catalog.append(.partners(kind, ByteString(name.readableBytesUInt8Span))) }
    }

    mutating func produce(_ reader: any CatalogReader, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        var chunk = MappingChunk(kind: kind, counter: counter, begun: hasBegun, start: buffer.writerIndex)
        let name = self.name
        do throws(StorageError) {
            let span = name.readableBytesUInt8Span
            try reader.partners(of: kind, span, after: after) { chunk.visit(span, $0, into: &buffer) }
        } catch { throw .failed(error) }
        counter = chunk.counter
        hasBegun = chunk.hasBegun
        after = chunk.position?.partner ?? after
        if chunk.outcome == .chunkFull { return .more }
        guard counter.hasSeenRows else {
            throw .refused(CatalogError(kind.notFound, ByteString(name.readableBytesUInt8Span)))
        }
        stoppedEarly = chunk.outcome == .pageFull
        if !hasBegun { buffer.writeStatus(.success) }
        buffer.writeListEnd(more: stoppedEarly)
        return .done
    }

    var continuation: PageContinuation? {
        guard stoppedEarly, let after else { return nil }
        let own = ByteString(name.readableBytesUInt8Span)
        return PageContinuation(
            query: .partners(kind, own), offset: counter.nextOffset,
            position: .mapping(MappingPosition(name: own, partner: after)))
    }
}

/// The mappings whose name matches a pattern: `lrc_get_pfn_wc`, `lrc_get_lfn_wc`.
struct WildcardProducer: CatalogReplyProducer {
    private let kind: NameKind
    private let pattern: SQLPattern
    private var counter: PageCounter
    private var after: MappingPosition?
    private var hasBegun = false
    private var stoppedEarly = false

    init(_ kind: NameKind, pattern: ByteString, page: Page, previous: PageContinuation?) {
        self.kind = kind
        self.pattern = SQLPattern(pattern)
        if let previous, case .mapping(let position) = previous.position,
            previous.isNext(.wildcard(kind, pattern), offset: page.offset)
        {
            after = position
            counter = PageCounter(page, resumes: true)
        } else {
            counter = PageCounter(page, resumes: false)
        }
    }

    mutating func produce(_ reader: any CatalogReader, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        var chunk = MappingChunk(kind: kind, counter: counter, begun: hasBegun, start: buffer.writerIndex)
        let pattern = self.pattern
        do throws(StorageError) {
            try reader.mappings(by: kind, prefix: pattern.prefix, order: .namesDescending, after: after) {
                name, partner in
                guard pattern.matches(name) else { return chunk.pass(name, partner) }
                return chunk.visit(name, partner, into: &buffer)
            }
        } catch { throw .failed(error) }
        counter = chunk.counter
        hasBegun = chunk.hasBegun
        after = chunk.position ?? after
        if chunk.outcome == .chunkFull { return .more }
        guard counter.hasSeenRows else { throw .refused(CatalogError(kind.notFound, pattern.source)) }
        stoppedEarly = chunk.outcome == .pageFull
        if !hasBegun { buffer.writeStatus(.success) }
        buffer.writeListEnd(more: stoppedEarly)
        return .done
    }

    var continuation: PageContinuation? {
        guard stoppedEarly, let after else { return nil }
        return PageContinuation(
            query: .wildcard(kind, pattern.source), offset: counter.nextOffset, position: .mapping(after))
    }
}

/// One turn's worth of mappings: writes rows until the chunk or the page is full.
struct MappingChunk {
    enum Outcome {
        case exhausted
        case chunkFull
        case pageFull
    }

    private let kind: NameKind
    private let start: Int
    private var rows = 0
    private(set) var counter: PageCounter
    private(set) var hasBegun: Bool
    private(set) var outcome = Outcome.exhausted
    /// Where to go on; set when the walk is stopped.
    private(set) var position: MappingPosition?
    /// The row before the one that showed the page to be full.
    private var last: (name: ByteString, partner: ByteString)?

    init(kind: NameKind, counter: PageCounter, begun: Bool, start: Int) {
        self.kind = kind
        self.counter = counter
        self.start = start
        hasBegun = begun
    }

    /// A row that the page does not count.
    mutating func pass(_ name: Span<UInt8>, _ partner: Span<UInt8>) -> Visit {
        rows += 1
        return rows < ChunkBudget.rows ? .next : stop(name, partner)
    }

    mutating func visit(_ name: Span<UInt8>, _ partner: Span<UInt8>, into buffer: inout ByteBuffer) -> Visit {
        switch counter.next() {
        case .skip:
            return pass(name, partner)
        case .full:
            outcome = .pageFull
            position = last.map { MappingPosition(name: $0.name, partner: $0.partner) }
            return .stop
        case .take:
            if !hasBegun {
                buffer.writeStatus(.success)
                hasBegun = true
            }
            buffer.writeField(kind == .lfn ? name : partner)
            buffer.writeField(kind == .lfn ? partner : name)
            if counter.isFull { last = (ByteString(name), ByteString(partner)) }
            rows += 1
            let isFull = rows >= ChunkBudget.rows || buffer.writerIndex - start >= ChunkBudget.bytes
            return isFull ? stop(name, partner) : .next
        }
    }

    private mutating func stop(_ name: Span<UInt8>, _ partner: Span<UInt8>) -> Visit {
        outcome = .chunkFull
        position = MappingPosition(name: ByteString(name), partner: ByteString(partner))
        return .stop
    }
}
