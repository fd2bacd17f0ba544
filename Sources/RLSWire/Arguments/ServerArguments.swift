import NIOCore
import RLSCore

package enum AdminCommandCode: Int, Sendable {
    case ping = 0
    case quit = 1
    case startSoftStateUpdates = 2
}

/// One string: a command, an option's name, a URL.
package struct WordArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(1)
    package let word: ByteString

    package init(_ word: ByteString) { self.word = word }
    package init(from reader: inout FieldReader) throws(CatalogError) { word = try reader.bytes() }
    package func encode(into buffer: inout ByteBuffer) { buffer.writeField(word) }
}

/// Two strings, either of which may be empty: an option and its value, a URL and a pattern.
package struct WordPairArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(2)
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

/// `url, flags, pattern or empty`
package struct AddRLIArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(3)
    package let url: ByteString
    package let flags: Int
    package let pattern: ByteString

    package init(url: ByteString, flags: Int, pattern: ByteString) {
        self.url = url
        self.flags = flags
        self.pattern = pattern
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        url = try reader.name()
        flags = try reader.count()
        pattern = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(url)
        buffer.writeField(flags)
        buffer.writeField(pattern)
    }
}

/// Our own `lrc_export`: `pattern, after LFN, after PFN, limit`. Continues behind a mapping, in ascending order.
package struct ExportArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(4)
    package let pattern: ByteString
    package let after: Mapping
    package let limit: Int

    package init(pattern: ByteString, after: Mapping?, limit: Int) {
        self.pattern = pattern
        self.after = after ?? Mapping(lfn: .empty, pfn: .empty)
        self.limit = limit
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        pattern = try reader.bytes()
        let lfn = try reader.bytes()
        after = Mapping(lfn: lfn, pfn: try reader.bytes())
        limit = try reader.count()
    }
    package func encode(into buffer: inout ByteBuffer) {
        for field in [pattern, after.lfn, after.pfn] { buffer.writeField(field) }
        buffer.writeField(limit)
    }
}
