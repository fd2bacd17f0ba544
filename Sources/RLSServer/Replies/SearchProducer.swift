import NIOCore
import RLSCore
import RLSStorage
import RLSWire

/// `lrc_attr_search`: objects whose attribute value meets a condition, ordered by value.
struct SearchProducer: CatalogReplyProducer {
    private let arguments: SearchArguments
    private let kind: NameKind
    private let page: Page
    private let previous: PageContinuation?
    private var walk: Walk?

    /// What is known once the attribute's definition has been read.
    private struct Walk: Sendable {
        let definition: AttributeDefinition
        let condition: AttributeCondition
        var counter: PageCounter
        var after: SearchPosition?
        var hasBegun = false
        var stoppedEarly = false
    }

    init(_ arguments: SearchArguments, kind: NameKind, page: Page, previous: PageContinuation?) {
        self.arguments = arguments
        self.kind = kind
        self.page = page
        self.previous = previous
    }

    mutating func produce(_ reader: any CatalogReader, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        var walk = if let begun = self.walk { begun } else { try begin(reader) }
        let start = buffer.writerIndex
        var rows = 0
        var isChunkFull = false
        try stored { () throws(StorageError) in
            try reader.search(walk.definition, walk.condition, after: walk.after) { key, value, position in
                let verdict = walk.condition.admits(value) ? walk.counter.next() : .skip
                if verdict == .full {
                    walk.stoppedEarly = true
                    return .stop
                }
                if verdict == .take {
                    if !walk.hasBegun { buffer.writeStatus(.success) }
                    walk.hasBegun = true
                    AttributeValueItem(name: ByteString(key), value: value).encode(into: &buffer)
                }
                walk.after = position
                rows += 1
                isChunkFull = rows >= ChunkBudget.rows || buffer.writerIndex - start >= ChunkBudget.bytes
                return isChunkFull ? .stop : .next
            }
        }
        self.walk = walk
        if isChunkFull { return .more }
        guard walk.counter.hasSeenRows else { throw .refused(CatalogError(kind.notFound, arguments.name)) }
        if !walk.hasBegun { buffer.writeStatus(.success) }
        buffer.writeListEnd(more: walk.stoppedEarly)
        return .done
    }

    private func begin(_ reader: any CatalogReader) throws(ReplyFailure) -> Walk {
        guard
            let definition = try stored({ () throws(StorageError) in
                try reader.attributeDefinition(kind, arguments.name)
            })
        else { throw .refused(CatalogError(.attributeNotFound, arguments.name)) }
        let condition: AttributeCondition
        do throws(CatalogError) {
            condition = try AttributeCondition(
                comparison: arguments.comparison, operands: arguments.operands, type: definition.type)
        } catch { throw .refused(error) }
        var walk = Walk(definition: definition, condition: condition, counter: PageCounter(page, resumes: false))
        if let previous, case .search(let position) = previous.position,
            previous.isNext(.search(definition, condition), offset: page.offset)
        {
            walk.after = position
            walk.counter = PageCounter(page, resumes: true)
        }
        return walk
    }

    var continuation: PageContinuation? {
        guard let walk, walk.stoppedEarly, let after = walk.after else { return nil }
        return PageContinuation(
            query: .search(walk.definition, walk.condition), offset: walk.counter.nextOffset, position: .search(after))
    }
}
