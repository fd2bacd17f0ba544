import Logging
import NIOCore
import RLSConfiguration
import RLSCore
import RLSStorage

/// What all connections of a server share.
package final class ServerContext: Sendable {
    package let configuration: LiveConfiguration
    /// nil on a server that is no catalog.
    package let catalog: (any CatalogStore)?
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
        configuration: LiveConfiguration, catalog: (any CatalogStore)?, authenticator: Authenticator? = nil,
        logger: Logger,
        quit: @escaping @Sendable () -> Void
    ) throws(StorageError) {
        self.configuration = configuration
        self.catalog = catalog
        self.authenticator = authenticator
        self.logger = logger
        audit = Audit(logger: logger)
        self.quit = quit
        readers = try ReaderPool(catalog: catalog, threads: configuration.current.readerThreads)
        admission = AdmissionControl()
    }

    var statistics: ServerStatistics {
        let configuration = configuration.current
        var result = ServerStatistics()
        // By its beginning clients tell how many strings follow.
        let isOriginal = configuration.statsFormat == .original
        result.version = isOriginal ? "1.1 (\(SoftwareVersion.current))" : SoftwareVersion.current
        result.uptime = Int((NIODeadline.now() - started).nanoseconds / 1_000_000_000)
        result.flags = catalog == nil ? [.initialised] : [.lrc, .initialised]
        result.filterInterval = configuration.filterInterval
        result.listInterval = configuration.listInterval
        result.rliSenders = isOriginal ? nil : 0
        if let counts = catalog?.counts {
            result.lrcLFNs = counts.lfns
            result.lrcPFNs = counts.pfns
            result.lrcMappings = counts.mappings
        }
        return result
    }
}
