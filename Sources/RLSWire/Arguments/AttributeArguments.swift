import NIOCore
import RLSCore

// Types and codes stay text here: which of several errors a bad request gets is the method's business, not the decoder's.

/// `name, object type, attribute type`
package struct DefineAttributeArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(3)
    package let name: ByteString
    package let objectType: ByteString
    package let attributeType: ByteString

    package init(_ definition: AttributeDefinition) {
        name = definition.name
        objectType = "\(definition.kind.rawValue)"
        attributeType = "\(definition.type.rawValue)"
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        name = try reader.name()
        objectType = try reader.bytes()
        attributeType = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        for field in [name, objectType, attributeType] { buffer.writeField(field) }
    }
}

/// `name, object type, clear values 0/1`
package struct UndefineAttributeArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(3)
    package let name: ByteString
    package let objectType: ByteString
    package let clearsValues: Bool

    package init(name: ByteString, kind: NameKind, clearsValues: Bool) {
        self.name = name
        objectType = "\(kind.rawValue)"
        self.clearsValues = clearsValues
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        name = try reader.name()
        objectType = try reader.bytes()
        clearsValues = try reader.integer() != 0
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(name)
        buffer.writeField(objectType)
        buffer.writeField(clearsValues ? 1 : 0)
    }
}

/// `name or empty = all, object type`
package struct AttributeListArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(2)
    package let name: ByteString
    package let objectType: ByteString

    package init(name: ByteString?, kind: NameKind) {
        self.name = name ?? .empty
        objectType = "\(kind.rawValue)"
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        name = try reader.bytes()
        objectType = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(name)
        buffer.writeField(objectType)
    }
}

/// One value of one object, as `lrc_attr_add` orders it: `key, object type, attribute type, name, value`.
package struct AttributeAssignment: RequestArguments, BulkItem {
    package static let width = 5
    package static let shape = ArgumentShape.fields(5)
    package let key: ByteString
    package let objectType: ByteString
    package let attributeType: ByteString
    package let name: ByteString
    package let value: ByteString

    package init(key: ByteString, kind: NameKind, name: ByteString, type: AttributeType, value: ByteString) {
        self.key = key
        objectType = "\(kind.rawValue)"
        attributeType = "\(type.rawValue)"
        self.name = name
        self.value = value
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        key = try reader.bytes()
        objectType = try reader.bytes()
        attributeType = try reader.bytes()
        name = try reader.bytes()
        value = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        for field in [key, objectType, attributeType, name, value] { buffer.writeField(field) }
    }
}

/// The same in the other order that `lrc_attr_modify` has: `key, name, object type, attribute type, value`.
package struct ModifyAttributeArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(5)
    package let key: ByteString
    package let name: ByteString
    package let objectType: ByteString
    package let attributeType: ByteString
    package let value: ByteString

    package init(key: ByteString, kind: NameKind, name: ByteString, type: AttributeType, value: ByteString) {
        self.key = key
        self.name = name
        objectType = "\(kind.rawValue)"
        attributeType = "\(type.rawValue)"
        self.value = value
    }
    package init(_ assignment: AttributeAssignment) {
        key = assignment.key
        name = assignment.name
        objectType = assignment.objectType
        attributeType = assignment.attributeType
        value = assignment.value
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        key = try reader.bytes()
        name = try reader.bytes()
        objectType = try reader.bytes()
        attributeType = try reader.bytes()
        value = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        for field in [key, name, objectType, attributeType, value] { buffer.writeField(field) }
    }
}

/// `key, name (empty = all where the method allows it), object type`
package struct ObjectAttributeArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(3)
    package let key: ByteString
    package let name: ByteString
    package let objectType: ByteString

    package init(key: ByteString, name: ByteString?, kind: NameKind) {
        self.key = key
        self.name = name ?? .empty
        objectType = "\(kind.rawValue)"
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        key = try reader.name()
        name = try reader.bytes()
        objectType = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        for field in [key, name, objectType] { buffer.writeField(field) }
    }
}

/// `name, object type, operator, value 1, value 2, offset, limit`
package struct SearchArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(7)
    package let name: ByteString
    package let objectType: ByteString
    package let comparison: ByteString
    package let operands: [ByteString]
    package let page: Page

    package init(
        name: ByteString, kind: NameKind, comparison: AttributeOperator, operands: [ByteString] = [], page: Page = .all
    ) {
        self.name = name
        objectType = "\(kind.rawValue)"
        self.comparison = "\(comparison.rawValue)"
        self.operands = operands + Array(repeating: .empty, count: 2 - operands.count)
        self.page = page
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        name = try reader.name()
        objectType = try reader.bytes()
        comparison = try reader.bytes()
        let first = try reader.bytes()
        operands = [first, try reader.bytes()]
        let offset = try reader.count()
        page = Page(offset: offset, limit: try reader.count())
    }
    package func encode(into buffer: inout ByteBuffer) {
        for field in [name, objectType, comparison] + operands { buffer.writeField(field) }
        buffer.writeField(page.offset)
        buffer.writeField(page.limit)
    }
}

/// `(key, object type, name)*`
package struct BulkAttributeRemoval: BulkItem {
    package static let width = 3
    package let key: ByteString
    package let objectType: ByteString
    package let name: ByteString

    package init(key: ByteString, kind: NameKind, name: ByteString) {
        self.key = key
        objectType = "\(kind.rawValue)"
        self.name = name
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        key = try reader.bytes()
        objectType = try reader.bytes()
        name = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        for field in [key, objectType, name] { buffer.writeField(field) }
    }
}

/// `name or empty = all, object type, (key)*`
package struct BulkValuesArguments: RequestArguments {
    package static let shape = ArgumentShape.list(header: 2, width: 1)
    package let name: ByteString
    package let objectType: ByteString
    package let keys: [BulkName]

    package init(name: ByteString?, kind: NameKind, keys: [ByteString]) {
        self.name = name ?? .empty
        objectType = "\(kind.rawValue)"
        self.keys = keys.map(BulkName.init)
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        name = try reader.bytes()
        objectType = try reader.bytes()
        keys = try reader.items()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(name)
        buffer.writeField(objectType)
        buffer.writeItems(keys)
    }
}
