import NIOCore
import RLSCore
import RLSStorage
import RLSWire

/// A list reply over the items of a request: one item after the other, resumable between items and inside a long one.
struct ItemsProducer: ReplyProducer {
    /// Writes an item from `after` on; returns where to continue when the chunk became full inside it.
    typealias Write =
        @Sendable (ByteString, _ after: ByteString?, any CatalogReader, inout ByteBuffer) throws(StorageError)
        -> ByteString?
    typealias AddNeeds = @Sendable (ByteString, inout ReadAhead) -> Void

    private let names: [ByteString]
    private let addNeeds: AddNeeds
    private let write: Write
    private var index = 0
    private var after: ByteString?
    private var hasBegun = false
    private var window = ItemWindow()

    init(_ names: [ByteString], needs addNeeds: @escaping AddNeeds, write: @escaping Write) {
        self.names = names
        self.addNeeds = addNeeds
        self.write = write
    }

    mutating func produce(_ readers: RoleReaders, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        guard let reader = readers.catalog else { throw .refused(Role.catalog.refusal) }
        let start = buffer.writerIndex
        window.turnBegins(at: after == nil ? index : index + 1)
        if !hasBegun { buffer.writeStatus(.success) }
        hasBegun = true
        while index < names.count {
            try stored { () throws(StorageError) in
                if let items = window.next(at: index, of: names.count) {
                    try readers.prefetch { ahead in for name in names[items] { addNeeds(name, &ahead) } }
                }
                after = try write(names[index], after, reader, &buffer)
            }
            if after == nil { index += 1 }
            if index < names.count && buffer.writerIndex - start >= ChunkBudget.bytes {
                window.turnEnds(at: index)
                return .more
            }
        }
        buffer.writeListEnd(more: false)
        return .done
    }
}

enum BulkReplies {
    /// `lrc_get_pfn_bulk`, `lrc_get_lfn_bulk`
    static func lookup(_ kind: NameKind, _ names: [BulkName]) -> ItemsProducer {
        ItemsProducer(names.map(\.name)) { name, ahead in
            ahead.catalog.append(.partners(kind, name))
        } write: { (name, after, reader, buffer) throws(StorageError) in
            var found = after != nil
            var resume: ByteString?
            let start = buffer.writerIndex
            let bytes = name.bytes
            try reader.partners(of: kind, bytes.span, after: after) { partner in
                found = true
                buffer.writeStatus(.success)
                if kind == .lfn { buffer.writeField(name) }
                buffer.writeField(partner)
                if kind == .pfn { buffer.writeField(name) }
                guard buffer.writerIndex - start >= ChunkBudget.bytes else { return .next }
                resume = ByteString(partner)
                return .stop
            }
            if !found { buffer.writeError(CatalogError(kind.notFound, name)) }
            return resume
        }
    }

    /// `lrc_exists_bulk`
    static func exists(_ kind: NameKind, _ names: [BulkName]) -> ItemsProducer {
        ItemsProducer(names.map(\.name)) { name, ahead in
            ahead.catalog.append(.name(kind, name))
        } write: { (name, _, reader, buffer) throws(StorageError) in
            let bytes = name.bytes
            let code: StatusCode = try reader.hasName(kind, bytes.span) ? .success : kind.notFound
            BulkExistsItem(code, name).encode(into: &buffer)
            return nil
        }
    }

    /// `lrc_attr_value_get_bulk`
    static func values(_ kind: NameKind, attribute: ByteString, keys: [BulkName]) -> ItemsProducer {
        ItemsProducer(keys.map(\.name)) { key, ahead in
            ahead.catalog.append(.name(kind, key))
            ahead.catalog.append(.attributeValues(kind, key))
        } write: { (key, _, reader, buffer) throws(StorageError) in
            let bytes = key.bytes
            guard try reader.hasName(kind, bytes.span) else {
                BulkAttributeItem(key: key, .failure(CatalogError(kind.notFound, attribute))).encode(into: &buffer)
                return nil
            }
            let values = try reader.attributeValues(kind, of: bytes.span)
            let wanted = attribute.isEmpty ? values : values.filter { $0.name == attribute }
            for value in wanted {
                let item = AttributeValueItem(name: value.name, value: value.value)
                BulkAttributeItem(key: key, .success(item)).encode(into: &buffer)
            }
            if wanted.isEmpty {
                BulkAttributeItem(key: key, .failure(CatalogError(.attributeNotFound, attribute))).encode(into: &buffer)
            }
            return nil
        }
    }
}

/// A reply that is short whatever the server holds.
struct OnceProducer: ReplyProducer {
    private let write: @Sendable (RoleReaders, inout ByteBuffer) throws(ReplyFailure) -> Void

    init(_ write: @escaping @Sendable (RoleReaders, inout ByteBuffer) throws(ReplyFailure) -> Void) {
        self.write = write
    }

    static func ofCatalog(
        _ write: @escaping @Sendable (any CatalogReader, inout ByteBuffer) throws(ReplyFailure) -> Void
    ) -> OnceProducer {
        OnceProducer { (readers, buffer) throws(ReplyFailure) in
            guard let catalog = readers.catalog else { throw .refused(Role.catalog.refusal) }
            try write(catalog, &buffer)
        }
    }

    mutating func produce(_ readers: RoleReaders, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        try write(readers, &buffer)
        return .done
    }
}

/// Runs a read of the store inside a producer.
func stored<Result>(_ body: () throws(StorageError) -> Result) throws(ReplyFailure) -> Result {
    do throws(StorageError) { return try body() } catch { throw .failed(error) }
}
