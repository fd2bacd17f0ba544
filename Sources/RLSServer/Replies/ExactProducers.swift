import NIOCore
import RLSCore
import RLSStorage
import RLSWire

/// `lrc_exists`
struct ExistsProducer: CatalogReplyProducer {
    let kind: NameKind
    let arguments: ObjectArguments

    func addNeeds(to ahead: inout ReadAhead) { ahead.catalog.append(.name(kind, arguments.name)) }

    mutating func produce(_ reader: any CatalogReader, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        let bytes = arguments.name.bytes
        guard try stored({ () throws(StorageError) in try reader.hasName(kind, bytes.span) }) else {
            throw .refused(CatalogError(kind.notFound, arguments.name + "," + arguments.objectType))
        }
        buffer.writeStatus(.success)
        return .done
    }
}

/// `lrc_mapping_exists`
struct MappingExistsProducer: CatalogReplyProducer {
    let mapping: Mapping

    func addNeeds(to ahead: inout ReadAhead) { ahead.catalog.append(.mapping(mapping)) }

    mutating func produce(_ reader: any CatalogReader, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        let (lfn, pfn) = (mapping.lfn.bytes, mapping.pfn.bytes)
        guard try stored({ () throws(StorageError) in try reader.hasMapping(lfn: lfn.span, pfn: pfn.span) }) else {
            throw .refused(CatalogError(.mappingNotFound, mapping.subject))
        }
        buffer.writeStatus(.success)
        return .done
    }
}

/// `lrc_attr_value_get`: the attributes of one object, or one of them.
struct ValuesProducer: CatalogReplyProducer {
    let kind: NameKind
    let arguments: ObjectAttributeArguments

    func addNeeds(to ahead: inout ReadAhead) {
        ahead.catalog.append(.name(kind, arguments.key))
        ahead.catalog.append(.attributeValues(kind, arguments.key))
    }

    mutating func produce(_ reader: any CatalogReader, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        let key = arguments.key.bytes
        guard try stored({ () throws(StorageError) in try reader.hasName(kind, key.span) }) else {
            throw .refused(CatalogError(kind.notFound, arguments.key))
        }
        let all = try stored { () throws(StorageError) in try reader.attributeValues(kind, of: key.span) }
        let found = arguments.name.isEmpty ? all : all.filter { $0.name == arguments.name }
        if found.isEmpty && !arguments.name.isEmpty {
            throw .refused(CatalogError(.attributeNotFound, arguments.name))
        }
        buffer.writeStatus(.success)
        for value in found { AttributeValueItem(name: value.name, value: value.value).encode(into: &buffer) }
        buffer.writeListEnd(more: false)
        return .done
    }
}
