import NIOCore
import RLSCore

package struct NoArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(0)
    package init() {}
    package init(from reader: inout FieldReader) throws(CatalogError) {}
    package func encode(into buffer: inout ByteBuffer) {}
}

/// `lfn, pfn`
package struct MappingArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(2)
    package let mapping: Mapping

    package init(_ mapping: Mapping) { self.mapping = mapping }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        let lfn = try reader.name()
        mapping = Mapping(lfn: lfn, pfn: try reader.name())
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(mapping.lfn)
        buffer.writeField(mapping.pfn)
    }
}

/// `name, offset, limit`, the name left in the buffer it arrived in: the arguments of a look-up.
package struct NamePageArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(3)
    package let name: ByteBuffer
    package let page: Page

    package init(name: ByteString, page: Page = .all) {
        self.name = ByteBuffer(bytes: name.bytes)
        self.page = page
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        name = try reader.nameSlice()
        let offset = try reader.count()
        page = Page(offset: offset, limit: try reader.count())
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(name)
        buffer.writeField(page.offset)
        buffer.writeField(page.limit)
    }
}

/// `name, object type`
package struct ObjectArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(2)
    package let name: ByteString
    package let objectType: ByteString

    package init(name: ByteString, kind: NameKind) {
        self.name = name
        objectType = "\(kind.rawValue)"
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        name = try reader.name()
        objectType = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(name)
        buffer.writeField(objectType)
    }
}

/// `old name, new name`
package struct RenameArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(2)
    package let old: ByteString
    package let new: ByteString

    package init(old: ByteString, new: ByteString) {
        self.old = old
        self.new = new
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        old = try reader.name()
        new = try reader.name()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(old)
        buffer.writeField(new)
    }
}
