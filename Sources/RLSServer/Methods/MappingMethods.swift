import NIOCore
import RLSCore
import RLSSecurity
import RLSStorage
import RLSWire

/// Mappings, one at a time.
enum MappingMethods {
    static let rows: [MethodRow] = [
        .change(Methods.create, .lrcUpdate) { .create($0.mapping) },
        .change(Methods.add, .lrcUpdate) { .add($0.mapping) },
        .change(Methods.delete, .lrcUpdate) { .delete($0.mapping) },
        .change(Methods.clear, [.lrcUpdate, .admin]) { _ in .clear },
        .change(Methods.renameLFN, .lrcUpdate) { .rename(.lfn, old: $0.old, new: $0.new) },
        .change(Methods.renamePFN, .lrcUpdate) { .rename(.pfn, old: $0.old, new: $0.new) },
        partners(Methods.getPFN, .lfn),
        partners(Methods.getLFN, .pfn),
        wildcard(Methods.getPFNWildcard, .lfn),
        wildcard(Methods.getLFNWildcard, .pfn),
        .lookup(Methods.exists, .lrcRead, .object) { (arguments, _) throws(CatalogError) in
            ExistsProducer(kind: try NameKind(objectType: arguments.objectType), arguments: arguments)
        },
        .lookup(Methods.mappingExists, .lrcRead, .lfn) {
            (arguments, _) throws(CatalogError) in MappingExistsProducer(mapping: arguments.mapping)
        },
    ]

    private static func partners<Item>(_ method: Method<NamePageArguments, Item>, _ kind: NameKind) -> MethodRow {
        .lookup(method, .lrcRead, .name(kind)) {
            (arguments, session) throws(CatalogError) in
            PartnersProducer(
                kind, name: arguments.name, page: try session.limited(arguments.page), previous: session.lastPage)
        }
    }

    private static func wildcard<Item>(_ method: Method<NamePageArguments, Item>, _ kind: NameKind) -> MethodRow {
        .read(method, .lrcRead, .pattern(kind)) { (arguments, session) throws(CatalogError) in
            WildcardProducer(
                kind, pattern: ByteString(arguments.name.readableBytesView), page: try session.limited(arguments.page),
                previous: session.lastPage)
        }
    }
}
