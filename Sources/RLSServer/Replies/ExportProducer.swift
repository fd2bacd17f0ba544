import NIOCore
import RLSCore
import RLSStorage
import RLSWire

/// `lrc_export`: mappings in ascending order with the attribute values of their names, from a given mapping on.
struct ExportProducer: ReplyProducer {
    private let pattern: SQLPattern
    private let limit: Int
    private var after: MappingPosition?
    /// The LFN whose attributes have been written.
    private var described: ByteString?
    private var written = 0
    private var hasBegun = false

    init(_ arguments: ExportArguments) {
        pattern = SQLPattern(arguments.pattern.isEmpty ? "%" : arguments.pattern)
        limit = arguments.limit
        if !arguments.after.lfn.isEmpty {
            after = MappingPosition(name: arguments.after.lfn, partner: arguments.after.pfn)
            described = arguments.after.lfn
        }
    }

    mutating func produce(_ readers: RoleReaders, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        guard let reader = readers.catalog else { throw .refused(Role.catalog.refusal) }
        let (mappings, isExhausted) = try nextMappings(reader)
        if !hasBegun { buffer.writeStatus(.success) }
        hasBegun = true
        try stored { () throws(StorageError) in
            try readers.prefetch { addNeeds(of: mappings, to: &$0) }
            for mapping in mappings { try write(mapping, reader, &buffer) }
        }
        if isExhausted {
            buffer.writeListEnd(more: false)
            return .done
        }
        if limit > 0 && written >= limit {
            buffer.writeListEnd(more: true)
            return .done
        }
        return .more
    }

    /// A few mappings at a time: their attributes are read with statements of their own.
    private mutating func nextMappings(_ reader: any CatalogReader) throws(ReplyFailure) -> ([Mapping], Bool) {
        let room = limit > 0 ? min(512, limit - written) : 512
        let pattern = self.pattern
        var mappings: [Mapping] = []
        var visited = 0
        var isExhausted = true
        var position: MappingPosition?
        try stored { () throws(StorageError) in
            try reader.mappings(by: .lfn, prefix: pattern.prefix, order: .ascending, after: after) { lfn, pfn in
                visited += 1
                if pattern.matches(lfn) { mappings.append(Mapping(lfn: ByteString(lfn), pfn: ByteString(pfn))) }
                guard mappings.count == room || visited == ChunkBudget.rows else { return .next }
                position = MappingPosition(name: ByteString(lfn), partner: ByteString(pfn))
                isExhausted = false
                return .stop
            }
        }
        after = position ?? after
        return (mappings, isExhausted)
    }

    private func addNeeds(of mappings: [Mapping], to ahead: inout ReadAhead) {
        var last = described
        for mapping in mappings {
            if mapping.lfn != last { ahead.catalog.append(.attributeValues(.lfn, mapping.lfn)) }
            last = mapping.lfn
            ahead.catalog.append(.attributeValues(.pfn, mapping.pfn))
        }
    }

    private mutating func write(
        _ mapping: Mapping, _ reader: any CatalogReader, _ buffer: inout ByteBuffer
    ) throws(StorageError) {
        ExportItem(mapping).encode(into: &buffer)
        written += 1
        if described != mapping.lfn {
            described = mapping.lfn
            try write(.lfn, mapping.lfn, reader, &buffer)
        }
        try write(.pfn, mapping.pfn, reader, &buffer)
    }

    private func write(
        _ kind: NameKind, _ name: ByteString, _ reader: any CatalogReader, _ buffer: inout ByteBuffer
    ) throws(StorageError) {
        let bytes = name.bytes
        for value in try reader.attributeValues(kind, of: bytes.span) {
            ExportItem(kind, attribute: value.name, value.value).encode(into: &buffer)
        }
    }
}
