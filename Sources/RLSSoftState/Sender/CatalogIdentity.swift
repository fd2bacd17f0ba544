import RLSCore
import RLSStorage
import RLSWire

/// Which catalog, as index servers are told.
struct CatalogIdentity: Sendable {
    let store: any CatalogStore
    let url: ByteString
    let instance: ByteString

    func origin(_ interval: Int) -> UpdateOrigin { UpdateOrigin(url: url, instance: instance, interval: interval) }
}
