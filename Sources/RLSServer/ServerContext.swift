import Logging
import NIOCore
import RLSConfiguration
import RLSCore
import RLSSoftState
import RLSStorage

/// What all connections of a server share.
package final class ServerContext: Sendable {
    package let configuration: LiveConfiguration
    /// nil on a server that is no catalog.
    package let catalog: (any CatalogStore)?
    /// nil on a server that is no index.
    package let index: IndexRole?
    /// What this server tells others; nil where it updates nobody.
    package let updates: (any UpdateControl)?
    let stores: RoleStores
    let lookups: LookupQueues
    let readers: ReaderPool
    let admission: AdmissionControl
    /// nil without authentication.
    let authenticator: Authenticator?
    let logger: Logger
    let audit: Audit
    private let started = NIODeadline.now()
    /// Asks the program to stop, as SIGTERM does.
    let quit: @Sendable () -> Void

    package init(
        configuration: LiveConfiguration, catalog: (any CatalogStore)?, index: IndexRole? = nil,
        updates: (any UpdateControl)? = nil, authenticator: Authenticator? = nil,
        lookupLimits: LookupLimits = LookupLimits(), logger: Logger,
        quit: @escaping @Sendable () -> Void
    ) throws(StorageError) {
        self.configuration = configuration
        self.catalog = catalog
        self.index = index
        self.updates = updates
        self.authenticator = authenticator
        self.logger = logger
        audit = Audit(logger: logger)
        self.quit = quit
        stores = RoleStores(catalog: catalog, index: index?.locations.store)
        lookups = try LookupQueues(of: stores, limits: lookupLimits, logger: logger)
        readers = try ReaderPool(of: stores, threads: configuration.current.readerThreads)
        admission = AdmissionControl()
    }

    func has(_ role: Role) -> Bool {
        switch role {
        case .any: true
        case .catalog: catalog != nil
        case .index: index != nil
        }
    }

    var statistics: ServerStatistics {
        let configuration = configuration.current
        var result = ServerStatistics()
        // By its beginning clients tell how many strings follow.
        let isOriginal = configuration.statsFormat == .original
        result.version = isOriginal ? "1.1 (\(SoftwareVersion.current))" : SoftwareVersion.current
        result.uptime = Int((NIODeadline.now() - started).nanoseconds / 1_000_000_000)
        result.flags = updates?.flags ?? [.initialised]
        if catalog != nil { result.flags.insert(.lrc) }
        result.filterInterval = configuration.filterInterval
        result.listInterval = configuration.listInterval
        result.rliSenders = isOriginal ? nil : 0
        if let counts = catalog?.counts {
            result.lrcLFNs = counts.lfns
            result.lrcPFNs = counts.pfns
            result.lrcMappings = counts.mappings
        }
        index?.locations.fill(&result, isOriginal: isOriginal)
        return result
    }
}
