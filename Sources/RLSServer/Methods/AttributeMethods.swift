import NIOCore
import RLSCore
import RLSSecurity
import RLSStorage
import RLSWire

/// Attribute definitions, values and searches.
enum AttributeMethods {
    static let rows: [MethodRow] = definitions + values + bulk

    private static let definitions: [MethodRow] = [
        .change(Methods.attributeCreate, .lrcUpdate) { (arguments) throws(CatalogError) in
            let kind = try NameKind(objectType: arguments.objectType)
            let type = try AttributeType(code: arguments.attributeType)
            return .defineAttribute(AttributeDefinition(name: arguments.name, kind: kind, type: type))
        },
        .change(Methods.attributeDelete, .lrcUpdate) { (arguments) throws(CatalogError) in
            let kind = try NameKind(objectType: arguments.objectType)
            return .undefineAttribute(kind, name: arguments.name, clearsValues: arguments.clearsValues)
        },
        .read(Methods.attributeGet, .lrcRead, .nothing) { (arguments, _) throws(CatalogError) in
            let kind = try NameKind(objectType: arguments.objectType)
            return OnceProducer.ofCatalog { (reader, buffer) throws(ReplyFailure) in
                let all = try stored { () throws(StorageError) in try reader.attributeDefinitions(kind) }
                let found = arguments.name.isEmpty ? all : all.filter { $0.name == arguments.name }
                // Asking for all of none is an empty list, not an error.
                if found.isEmpty && !arguments.name.isEmpty {
                    throw .refused(CatalogError(.attributeNotFound, arguments.name))
                }
                buffer.writeStatus(.success)
                for definition in found {
                    AttributeDefinitionItem(name: definition.name, type: definition.type).encode(into: &buffer)
                }
                buffer.writeListEnd(more: false)
            }
        },
    ]

    private static let values: [MethodRow] = [
        .change(Methods.attributeAdd, .lrcUpdate) { (arguments) throws(CatalogError) in try arguments.change(.add) },
        .change(Methods.attributeModify, .lrcUpdate) { (arguments) throws(CatalogError) in
            let kind = try NameKind(objectType: arguments.objectType)
            let type = try AttributeType(code: arguments.attributeType)
            return .setAttribute(
                AttributeSetting(
                    .modify, kind: kind, key: try arguments.key.asName(), name: try arguments.name.asName(), type: type,
                    text: arguments.value))
        },
        .change(Methods.attributeRemove, .lrcUpdate) { (arguments) throws(CatalogError) in
            let kind = try NameKind(objectType: arguments.objectType)
            return .removeAttribute(kind, key: arguments.key, name: arguments.name)
        },
        .read(Methods.attributeValueGet, .lrcRead, .object) { (arguments, _) throws(CatalogError) in
            ValuesProducer(kind: try NameKind(objectType: arguments.objectType), arguments: arguments)
        },
        .read(Methods.attributeSearch, .lrcRead, .everything) {
            (arguments, session) throws(CatalogError) in
            SearchProducer(
                arguments, kind: try NameKind(objectType: arguments.objectType),
                page: try session.limited(arguments.page),
                previous: session.lastPage)
        },
    ]

    private static let bulk: [MethodRow] = [
        .bulk(Methods.attributeAddBulk) { (entry) throws(CatalogError) in
            try entry.change(.add)
        },
        .bulk(Methods.attributeEnsureBulk) { (entry) throws(CatalogError) in
            try entry.change(.ensure)
        },
        .bulk(Methods.attributeRemoveBulk) { (entry) throws(CatalogError) in
            let kind = try NameKind(objectType: entry.objectType)
            return .removeAttribute(kind, key: try entry.key.asName(), name: try entry.name.asName())
        },
        .read(Methods.attributeValueGetBulk, .lrcRead, .objects) { (arguments, _) throws(CatalogError) in
            BulkReplies.values(
                try NameKind(objectType: arguments.objectType), attribute: arguments.name, keys: arguments.keys)
        },
    ]
}

extension AttributeAssignment {
    fileprivate func change(_ mode: AttributeSetting.Mode) throws(CatalogError) -> Change {
        let kind = try NameKind(objectType: objectType)
        let type = try AttributeType(code: attributeType)
        return .setAttribute(
            AttributeSetting(mode, kind: kind, key: try key.asName(), name: try name.asName(), type: type, text: value))
    }
}
