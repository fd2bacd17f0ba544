import RLSCore
import RLSWire

extension CatalogClient {
    /// The mappings of many names; names without any are left out.
    public func knownMappings(of kind: NameKind, _ names: [ByteString]) async throws -> [Mapping] {
        var found: [Mapping] = []
        for item in try await mappings(of: kind, names: names) {
            switch item.result {
            case .success(let pair): found.append(Mapping(lfn: pair.first, pfn: pair.second))
            case .failure(let error):
                guard error.code == .lfnNotFound || error.code == .pfnNotFound else { throw error }
            }
        }
        return found
    }
}
