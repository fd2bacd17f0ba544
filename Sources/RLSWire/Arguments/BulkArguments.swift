import NIOCore
import RLSCore

/// A tuple of a bulk request. It decodes as raw strings: a bad item fails alone, not the request it came in.
package protocol BulkItem: Sendable {
    static var width: Int { get }
    init(from reader: inout FieldReader) throws(CatalogError)
    func encode(into buffer: inout ByteBuffer)
}

/// `(item)*`, ended by an empty string.
package struct BulkArguments<Item: BulkItem>: RequestArguments {
    package static var shape: ArgumentShape { .list(header: 0, width: Item.width) }
    package let items: [Item]

    package init(_ items: [Item]) { self.items = items }
    package init(from reader: inout FieldReader) throws(CatalogError) { items = try reader.items() }
    package func encode(into buffer: inout ByteBuffer) { buffer.writeItems(items) }
}

/// `object type, (name)*`
package struct BulkExistsArguments: RequestArguments {
    package static let shape = ArgumentShape.list(header: 1, width: 1)
    package let objectType: ByteString
    package let names: [BulkName]

    package init(kind: NameKind, names: [ByteString]) {
        objectType = "\(kind.rawValue)"
        self.names = names.map(BulkName.init)
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        objectType = try reader.bytes()
        names = try reader.items()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(objectType)
        buffer.writeItems(names)
    }
}

package struct BulkName: BulkItem {
    package static let width = 1
    package let name: ByteString

    package init(_ name: ByteString) { self.name = name }
    package init(from reader: inout FieldReader) throws(CatalogError) { name = try reader.bytes() }
    package func encode(into buffer: inout ByteBuffer) { buffer.writeField(name) }
}

/// Two names: a mapping to create, add, delete or ensure, or an old and a new name.
package struct BulkPair: BulkItem {
    package static let width = 2
    package let first: ByteString
    package let second: ByteString

    package init(_ first: ByteString, _ second: ByteString) {
        self.first = first
        self.second = second
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        first = try reader.bytes()
        second = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(first)
        buffer.writeField(second)
    }
}

extension FieldReader {
    mutating func items<Item: BulkItem>() throws(CatalogError) -> [Item] {
        var items: [Item] = []
        while !isAtListEnd { items.append(try Item(from: &self)) }
        return items
    }
}

extension ByteBuffer {
    mutating func writeItems(_ items: [some BulkItem]) {
        for item in items { item.encode(into: &self) }
        writeEmptyField()
    }
}
