import NIOCore
import RLSCore
import RLSWire

/// What an index knows of a logical name: a catalog that has it, or had it, or that a filter takes for one that has it.
public struct IndexedLocation: Sendable, Hashable {
    public let lfn: ByteString
    /// URL of the catalog, as it named itself: not checked.
    public let lrc: ByteString

    public init(lfn: ByteString, lrc: ByteString) {
        self.lfn = lfn
        self.lrc = lrc
    }
}

/// A server that updates an index.
public struct IndexSender: Sendable, Hashable {
    public let url: ByteString
    /// Of its last update: seconds since 1970, 0 for never.
    public let lastUpdate: Int
}

/// What an index can be asked about.
public enum IndexNameKind: Int, Sendable, CaseIterable {
    case lfn = 2
    /// The URL of a catalog.
    case lrc = 3

    public var notFound: StatusCode { self == .lfn ? .lfnNotFound : .lrcNotFound }
}

extension ByteString {
    /// Whether requests can carry it as a name. In a list of names an empty one would end the list, and what is behind
    /// it be taken for the next request; so would what is behind a NUL.
    var isName: Bool { !isEmpty && count <= NameLimits.maximumLength && !bytes.contains(0) }

    func checkedAsName() throws(CatalogError) -> ByteString {
        if !isName { throw CatalogError(.badArgument, self) }
        return self
    }
}

// The wire's types are made for the object types of a catalog; their decoders take those of an index too.

extension ObjectArguments {
    init(_ kind: IndexNameKind, _ name: ByteString) throws(CatalogError) {
        var buffer = ByteBuffer()
        buffer.writeField(try name.checkedAsName())
        buffer.writeField(kind.rawValue)
        var reader = FieldReader(buffer)
        try self.init(from: &reader)
    }
}

extension BulkExistsArguments {
    init(_ kind: IndexNameKind, _ names: [ByteString]) throws(CatalogError) {
        var buffer = ByteBuffer()
        buffer.writeField(kind.rawValue)
        for name in names { buffer.writeField(try name.checkedAsName()) }
        buffer.writeEmptyField()
        var reader = FieldReader(buffer)
        try self.init(from: &reader)
    }
}
