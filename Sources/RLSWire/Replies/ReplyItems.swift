import NIOCore
import RLSCore

/// The reply of a method that only succeeds or fails.
package struct NoResult: ReplyItem {
    package static let shape = ReplyShape.nothing
    package init() {}
    package init(from reader: inout FieldReader) throws(CatalogError) {}
    package func encode(into buffer: inout ByteBuffer) {}
}

/// `lfn, pfn`, a URL and its pattern, or an option and its value.
package struct PairItem: ReplyItem, Hashable {
    package static let shape = ReplyShape.list(width: 2)
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

/// Failure of one pair of a bulk request: `code, first, second`. Pairs that succeeded are not listed.
package struct BulkFailure: ReplyItem, Hashable {
    package static let shape = ReplyShape.list(width: 3)
    package let code: StatusCode
    package let first: ByteString
    package let second: ByteString

    package init(_ code: StatusCode, _ first: ByteString, _ second: ByteString) {
        self.code = code
        self.first = first
        self.second = second
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        code = StatusCode(rawValue: try reader.integer())
        first = try reader.bytes()
        second = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeStatus(code)
        buffer.writeField(first)
        buffer.writeField(second)
    }
}

/// `0, lfn, pfn` for every mapping, `code, name` for every name without one.
package struct BulkLookupItem: ReplyItem, Hashable {
    package static let shape = ReplyShape.statusList(success: 2, failure: 1)
    package let result: Result<PairItem, CatalogError>

    package init(_ result: Result<PairItem, CatalogError>) { self.result = result }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        let code = StatusCode(rawValue: try reader.integer())
        if code == .success {
            result = .success(try PairItem(from: &reader))
        } else {
            result = .failure(CatalogError(code, try reader.bytes()))
        }
    }
    package func encode(into buffer: inout ByteBuffer) {
        switch result {
        case .success(let pair):
            buffer.writeStatus(.success)
            pair.encode(into: &buffer)
        case .failure(let error): buffer.writeError(error)
        }
    }
}

/// `0, name, <empty>` or `code, name`
package struct BulkExistsItem: ReplyItem, Hashable {
    package static let shape = ReplyShape.statusList(success: 2, failure: 1)
    package let code: StatusCode
    package let name: ByteString

    package init(_ code: StatusCode, _ name: ByteString) {
        self.code = code
        self.name = name
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        code = StatusCode(rawValue: try reader.integer())
        name = try reader.bytes()
        if code == .success { _ = try reader.bytes() }
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeStatus(code)
        buffer.writeField(name)
        // The protocol document's filler for the second string.
        if code == .success { buffer.writeField(ByteString("<empty>")) }
    }
}

/// `url, interval in seconds, flags, last update as Unix time`
package struct UpdatedServerItem: ReplyItem, Hashable {
    package static let shape = ReplyShape.list(width: 4)
    package let url: ByteString
    package let interval: Int
    package let flags: Int
    package let lastUpdate: Int

    package init(url: ByteString, interval: Int, flags: Int, lastUpdate: Int) {
        self.url = url
        self.interval = interval
        self.flags = flags
        self.lastUpdate = lastUpdate
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        url = try reader.bytes()
        interval = try reader.integer()
        flags = try reader.integer()
        lastUpdate = try reader.integer()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(url)
        for number in [interval, flags, lastUpdate] { buffer.writeField(number) }
    }
}

/// The same, as the only result.
package struct UpdatedServerInfo: ReplyItem, Hashable {
    package static let shape = ReplyShape.fields(4)
    package let server: UpdatedServerItem

    package init(_ server: UpdatedServerItem) { self.server = server }
    package init(from reader: inout FieldReader) throws(CatalogError) { server = try UpdatedServerItem(from: &reader) }
    package func encode(into buffer: inout ByteBuffer) { server.encode(into: &buffer) }
}
