import NIOCore
import RLSCore
import RLSSecurity
import RLSSoftState
import RLSStorage
import RLSWire

/// What clients ask an index.
enum IndexMethods {
    static let rows: [MethodRow] = [
        .lookup(Methods.getLRC, role: .index, .rliRead, .name(.lfn)) { (arguments, session) throws(CatalogError) in
            LocationsProducer(
                try locations(session), name: arguments.name, page: try session.limited(arguments.page))
        },
        .read(Methods.getLRCWildcard, role: .index, .rliRead, .pattern(.lfn)) {
            (arguments, session) throws(CatalogError) in
            let locations = try locations(session)
            if locations.holdsFiltersOnly { throw CatalogError(.unsupported, "wildcards") }
            return LocationWildcardProducer(
                locations, pattern: ByteString(arguments.name.readableBytesView),
                page: try session.limited(arguments.page))
        },
        .read(Methods.getLRCBulk, role: .index, .rliRead, .lfns) { (arguments, session) throws(CatalogError) in
            BulkReplies.locations(try locations(session), arguments.items)
        },
        .lookup(Methods.indexExists, role: .index, .rliRead, .indexObject) {
            (arguments, session) throws(CatalogError) in
            IndexExistsProducer(
                locations: try locations(session), kind: try IndexObject(arguments.objectType), arguments: arguments)
        },
        .read(Methods.indexExistsBulk, role: .index, .rliRead, .indexObjects) {
            (arguments, session) throws(CatalogError) in
            BulkReplies.exists(
                try IndexObject(arguments.objectType), try locations(session), arguments.names)
        },
        .lookup(Methods.indexMappingExists, role: .index, .rliRead, .lfn) { (arguments, session) throws(CatalogError) in
            LocationExistsProducer(locations: try locations(session), mapping: arguments.mapping)
        },
        // Of 1.1 and of 4.x: they differ in what is said when there is none.
        senders(Methods.lrcList, none: .rliNotFound),
        senders(Methods.senderList, none: .lrcNotFound),
    ]

    private static func senders(_ method: Method<NoArguments, SenderItem>, none: StatusCode) -> MethodRow {
        .read(method, role: .index, .rliRead, .nothing) { (_, session) throws(CatalogError) in
            let locations = try locations(session)
            return OnceProducer { (_, buffer) throws(ReplyFailure) in
                let items = locations.senderItems
                if items.isEmpty { throw .refused(CatalogError(none, "Not updated by any LRC servers")) }
                buffer.writeStatus(.success)
                for item in items { item.encode(into: &buffer) }
                buffer.writeListEnd(more: false)
            }
        }
    }

    private static func locations(_ session: ClientSession) throws(CatalogError) -> LocationIndex {
        guard let index = session.context.index else { throw Role.index.refusal }
        return index.locations
    }
}

/// What `rli_exists` asks for.
enum IndexObject: Sendable {
    case lfn
    case lrc

    init(_ objectType: ByteString) throws(CatalogError) {
        switch objectType {
        case "2": self = .lfn
        case "3": self = .lrc
        default: throw CatalogError(.invalidObjectType, objectType)
        }
    }

    var notFound: StatusCode { self == .lfn ? .lfnNotFound : .lrcNotFound }

    func addNeeds(_ names: some Sequence<ByteString>, _ locations: LocationIndex, to ahead: inout ReadAhead) {
        if self == .lfn { locations.addNeeds(names, to: &ahead) }
    }

    func exists(
        _ name: ByteString, _ locations: LocationIndex, _ readers: RoleReaders
    ) throws(ReplyFailure) -> Bool {
        self == .lrc ? locations.isSender(name) : try !locations.urls(of: name, readers).isEmpty
    }
}

extension LocationIndex {
    func urls(of name: ByteString, _ readers: RoleReaders) throws(ReplyFailure) -> [ByteString] {
        let bytes = name.bytes
        return try stored { () throws(StorageError) in try locations(of: bytes.span, readers.index) }
    }
}

extension QueryScope where Arguments == ObjectArguments {
    static var indexObject: QueryScope {
        QueryScope { (arguments) throws(CatalogError) in
            try IndexObject(arguments.objectType) == .lfn ? .names([arguments.name]) : .nothing
        }
    }
}

extension QueryScope where Arguments == BulkExistsArguments {
    static var indexObjects: QueryScope {
        QueryScope { (arguments) throws(CatalogError) in
            try IndexObject(arguments.objectType) == .lfn ? .names(arguments.names.map(\.name)) : .nothing
        }
    }
}
