import NIOCore
import RLSCore

/// `name, attribute type`
package struct AttributeDefinitionItem: ReplyItem, Hashable {
    package static let shape = ReplyShape.list(width: 2)
    package let name: ByteString
    package let type: AttributeType

    package init(name: ByteString, type: AttributeType) {
        self.name = name
        self.type = type
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        name = try reader.bytes()
        type = try reader.attributeType()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(name)
        buffer.writeField(type.rawValue)
    }
}

/// `name, attribute type, value`, or `key, attribute type, value` from a search.
package struct AttributeValueItem: ReplyItem, Hashable {
    package static let shape = ReplyShape.list(width: 3)
    package let name: ByteString
    package let type: AttributeType
    package let value: ByteString

    package init(name: ByteString, value: AttributeValue) {
        self.name = name
        type = value.type
        self.value = value.text
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        name = try reader.bytes()
        type = try reader.attributeType()
        value = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(name)
        buffer.writeField(type.rawValue)
        buffer.writeField(value)
    }
}

/// `0, key, name, attribute type, value`, or `code, key, name`
package struct BulkAttributeItem: ReplyItem, Hashable {
    package static let shape = ReplyShape.statusList(success: 4, failure: 2)
    package let key: ByteString
    package let result: Result<AttributeValueItem, CatalogError>

    package init(key: ByteString, _ result: Result<AttributeValueItem, CatalogError>) {
        self.key = key
        self.result = result
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        let code = StatusCode(rawValue: try reader.integer())
        key = try reader.bytes()
        if code == .success {
            result = .success(try AttributeValueItem(from: &reader))
        } else {
            result = .failure(CatalogError(code, try reader.bytes()))
        }
    }
    package func encode(into buffer: inout ByteBuffer) {
        switch result {
        case .success(let item):
            buffer.writeStatus(.success)
            buffer.writeField(key)
            item.encode(into: &buffer)
        case .failure(let error):
            buffer.writeStatus(error.code)
            buffer.writeField(key)
            buffer.writeField(error.subject)
        }
    }
}

/// Our own `lrc_export`: a mapping (`M, lfn, pfn, ""`) followed by the attribute values it brings along, first of its LFN
/// (`L, name, type, value`, with the LFN's first mapping in the reply) and then of its PFN (`P, …`).
package struct ExportItem: ReplyItem, Hashable {
    package static let shape = ReplyShape.list(width: 4)
    package enum Kind: String, Sendable {
        case mapping = "M"
        case lfnAttribute = "L"
        case pfnAttribute = "P"
    }
    package let kind: Kind
    package let fields: [ByteString]

    package init(_ mapping: Mapping) {
        kind = .mapping
        fields = [mapping.lfn, mapping.pfn, .empty]
    }
    package init(_ kind: NameKind, attribute: ByteString, _ value: AttributeValue) {
        self.kind = kind == .lfn ? .lfnAttribute : .pfnAttribute
        fields = [attribute, "\(value.type.rawValue)", value.text]
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        guard let kind = Kind(rawValue: try reader.bytes().description) else {
            throw CatalogError(.badArgument, "unknown kind of export item")
        }
        self.kind = kind
        let first = try reader.bytes()
        let second = try reader.bytes()
        fields = [first, second, try reader.bytes()]
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(ByteString(kind.rawValue))
        for field in fields { buffer.writeField(field) }
    }
}

extension FieldReader {
    mutating func attributeType() throws(CatalogError) -> AttributeType {
        let number = try integer()
        guard let type = AttributeType(rawValue: number) else { throw CatalogError(.invalidAttributeType, "\(number)") }
        return type
    }
}
