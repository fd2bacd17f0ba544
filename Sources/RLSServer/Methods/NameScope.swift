import NIOCore
import RLSCore
import RLSStorage
import RLSWire

/// Which logical names a request is about, for access lines that are limited to names.
enum NameScope {
    /// Nothing that anyone must be kept from who has the right for some name.
    case nothing
    case names([ByteString])
    case name(ByteBuffer)
    case matching(SQLPattern)
    /// More than logical names, or all of them: only a line without `names=` allows it.
    case everything
    /// The server itself, not its names.
    case server

    /// Of an object that is a logical name or a target.
    static func object(_ kind: NameKind, _ name: ByteString) -> NameScope {
        kind == .lfn ? .names([name]) : .everything
    }

    static func objects(_ kind: NameKind, _ names: [ByteString]) -> NameScope {
        kind == .lfn ? .names(names) : .everything
    }
}

/// How the scope of a query follows from its arguments.
struct QueryScope<Arguments: RequestArguments>: Sendable {
    let of: @Sendable (Arguments) throws(CatalogError) -> NameScope

    static var nothing: QueryScope { QueryScope { (_) throws(CatalogError) in .nothing } }
    static var everything: QueryScope { QueryScope { (_) throws(CatalogError) in .everything } }
}

extension QueryScope where Arguments == NamePageArguments {
    static func name(_ kind: NameKind) -> QueryScope {
        QueryScope { (arguments) throws(CatalogError) in kind == .lfn ? .name(arguments.name) : .everything }
    }

    static func pattern(_ kind: NameKind) -> QueryScope {
        QueryScope { (arguments) throws(CatalogError) in
            kind == .lfn ? .matching(SQLPattern(ByteString(arguments.name.readableBytesView))) : .everything
        }
    }
}

extension QueryScope where Arguments == MappingArguments {
    static var lfn: QueryScope { QueryScope { (arguments) throws(CatalogError) in .names([arguments.mapping.lfn]) } }
}

extension QueryScope where Arguments == BulkArguments<BulkName> {
    static var lfns: QueryScope {
        QueryScope { (arguments) throws(CatalogError) in .names(arguments.items.map(\.name)) }
    }
}

extension QueryScope where Arguments == ObjectArguments {
    static var object: QueryScope {
        QueryScope { (arguments) throws(CatalogError) in
            .object(try NameKind(objectType: arguments.objectType), arguments.name)
        }
    }
}

extension QueryScope where Arguments == BulkExistsArguments {
    static var objects: QueryScope {
        QueryScope { (arguments) throws(CatalogError) in
            .objects(try NameKind(objectType: arguments.objectType), arguments.names.map(\.name))
        }
    }
}

extension QueryScope where Arguments == ObjectAttributeArguments {
    static var object: QueryScope {
        QueryScope { (arguments) throws(CatalogError) in
            .object(try NameKind(objectType: arguments.objectType), arguments.key)
        }
    }
}

extension QueryScope where Arguments == BulkValuesArguments {
    static var objects: QueryScope {
        QueryScope { (arguments) throws(CatalogError) in
            .objects(try NameKind(objectType: arguments.objectType), arguments.keys.map(\.name))
        }
    }
}

extension Change {
    var scope: NameScope {
        switch self {
        case .create(let mapping), .add(let mapping), .ensure(let mapping), .delete(let mapping): .names([mapping.lfn])
        case .rename(let kind, let old, let new): .objects(kind, [old, new])
        case .setAttribute(let setting): .object(setting.kind, setting.key)
        case .removeAttribute(let kind, let key, _): .object(kind, key)
        case .clear, .defineAttribute, .undefineAttribute: .everything
        case .addRLI, .deleteRLI, .noteRLIUpdate: .server
        }
    }
}
