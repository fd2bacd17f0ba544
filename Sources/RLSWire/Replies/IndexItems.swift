import NIOCore
import RLSCore

/// `code, name`: one item of `rli_exists_bulk`.
package struct IndexExistsItem: ReplyItem, Hashable {
    package static let shape = ReplyShape.list(width: 2)
    package let code: StatusCode
    package let name: ByteString

    package init(_ code: StatusCode, _ name: ByteString) {
        self.code = code
        self.name = name
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        code = StatusCode(rawValue: try reader.integer())
        name = try reader.bytes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeStatus(code)
        buffer.writeField(name)
    }
}

/// `url, last update as Unix time`: a server that updates this one.
package struct SenderItem: ReplyItem, Hashable {
    package static let shape = ReplyShape.list(width: 2)
    package let url: ByteString
    package let lastUpdate: Int

    package init(url: ByteString, lastUpdate: Int) {
        self.url = url
        self.lastUpdate = lastUpdate
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        url = try reader.bytes()
        lastUpdate = try reader.integer()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(url)
        buffer.writeField(lastUpdate)
    }
}

/// The number under which a full list is taken.
package struct ListToken: ReplyItem, Hashable {
    package static let shape = ReplyShape.fields(1)
    package let number: Int

    package init(_ number: Int) { self.number = number }
    package init(from reader: inout FieldReader) throws(CatalogError) { number = try reader.integer() }
    package func encode(into buffer: inout ByteBuffer) { buffer.writeField(number) }
}

/// How one soft-state relation fares: a server that this one updates, or one that updates it.
package struct SoftStateStatus: ReplyItem, Hashable {
    package static let shape = ReplyShape.list(width: 13)

    package enum Direction: Int, Sendable {
        /// This server updates that one.
        case sends = 0
        case receives = 1
    }

    package enum Kind: Int, Sendable {
        case list = 0
        case filter = 1
        /// The original's filter.
        case legacyFilter = 2
    }

    package var direction = Direction.sends
    package var url = ByteString.empty
    package var kind = Kind.list
    /// Separated by blanks; none: everything.
    package var patterns = ByteString.empty
    /// Whether changes are sent at once.
    package var isImmediate = false
    /// Unix times, 0 for never.
    package var lastSuccess = 0
    package var lastFull = 0
    /// Of a sender: when its state becomes stale.
    package var next = 0
    package var names = 0
    /// Of the filter, 0 without one.
    package var bytes = 0
    /// Absent names in a million that the filter takes for present, from the bits that are set in it.
    package var falsePerMillion = 0
    /// Changes that wait to be sent.
    package var waiting = 0
    /// Of the last attempt, empty after a success; of a sender a warning about it.
    package var error = ByteString.empty

    package init() {}

    package init(from reader: inout FieldReader) throws(CatalogError) {
        direction = Direction(rawValue: try reader.integer()) ?? .sends
        url = try reader.bytes()
        kind = Kind(rawValue: try reader.integer()) ?? .list
        patterns = try reader.bytes()
        isImmediate = try reader.integer() != 0
        lastSuccess = try reader.integer()
        lastFull = try reader.integer()
        next = try reader.integer()
        names = try reader.integer()
        bytes = try reader.integer()
        falsePerMillion = try reader.integer()
        waiting = try reader.integer()
        error = try reader.bytes()
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(direction.rawValue)
        buffer.writeField(url)
        buffer.writeField(kind.rawValue)
        buffer.writeField(patterns)
        let numbers = [isImmediate ? 1 : 0, lastSuccess, lastFull, next, names, bytes, falsePerMillion, waiting]
        for number in numbers { buffer.writeField(number) }
        buffer.writeField(error)
    }
}
