import Logging
import RLSStorage

/// A queue for each role whose store does not answer in place: one that fails does not hold up the other.
struct LookupQueues: Sendable {
    private let catalog: LookupQueue?
    private let index: LookupQueue?

    init(of stores: RoleStores, limits: LookupLimits, logger: Logger) throws(StorageError) {
        let remote = stores.remote
        func queue(_ role: RoleSet) throws(StorageError) -> LookupQueue? {
            remote.contains(role) ? try LookupQueue(of: stores.only(role), limits: limits, logger: logger) : nil
        }
        catalog = try queue(.catalog)
        index = try queue(.index)
    }

    subscript(role: Role) -> LookupQueue? {
        switch role {
        case .any: nil
        case .catalog: catalog
        case .index: index
        }
    }

    func shutdown() async {
        await catalog?.shutdown()
        await index?.shutdown()
    }
}
