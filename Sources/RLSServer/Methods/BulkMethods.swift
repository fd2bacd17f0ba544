import RLSCore
import RLSSecurity
import RLSStorage
import RLSWire

/// Mappings and names, many at a time.
enum BulkMethods {
    static let rows: [MethodRow] = [
        mappings(Methods.createBulk) { .create($0) },
        mappings(Methods.addBulk) { .add($0) },
        mappings(Methods.deleteBulk) { .delete($0) },
        mappings(Methods.ensureBulk) { .ensure($0) },
        rename(Methods.renameLFNBulk, .lfn),
        rename(Methods.renamePFNBulk, .pfn),
        .read(Methods.getPFNBulk, .lrcRead, .lfns) {
            (arguments, _) throws(CatalogError) in
            BulkReplies.lookup(.lfn, arguments.items)
        },
        .read(Methods.getLFNBulk, .lrcRead, .everything) { (arguments, _) throws(CatalogError) in
            BulkReplies.lookup(.pfn, arguments.items)
        },
        .read(Methods.existsBulk, .lrcRead, .objects) { (arguments, _) throws(CatalogError) in
            BulkReplies.exists(try NameKind(objectType: arguments.objectType), arguments.names)
        },
        .read(Methods.export, .lrcRead, .everything) { (arguments, _) throws(CatalogError) in
            ExportProducer(arguments)
        },
    ]

    private static func mappings<Item>(
        _ method: Method<BulkArguments<BulkPair>, Item>, _ change: @escaping @Sendable (Mapping) -> Change
    ) -> MethodRow {
        .bulk(method) { (pair) throws(CatalogError) in
            change(Mapping(lfn: try pair.first.asName(), pfn: try pair.second.asName()))
        }
    }

    private static func rename<Item>(_ method: Method<BulkArguments<BulkPair>, Item>, _ kind: NameKind) -> MethodRow {
        .bulk(method) { (pair) throws(CatalogError) in
            .rename(kind, old: try pair.first.asName(), new: try pair.second.asName())
        }
    }
}
