import Foundation
import LDR
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs a daemon's passes until it is told to stop. A pass that fails is tried again, later and later: daemons survive what
/// they depend on.
struct DaemonLoop {
    let name: String
    let options: DaemonOptions
    let site: SiteConfiguration
    let logger: Logger

    init(_ name: String, _ options: DaemonOptions) throws {
        self.name = name
        self.options = options
        site = try options.site.site()
        logger = options.site.logger(name)
    }

    var places: SitePlaces { SitePlaces(site) }
    var events: EventLog { EventLog(path: places.events, site: site.site) }

    /// - Parameter interval: seconds between two passes; nil for the site's
    func run(every interval: Int? = nil, _ pass: @escaping @Sendable () async throws -> String?) async throws {
        let lock = try DaemonLock(path: places.lock(name), daemon: name)
        defer { withExtendedLifetime(lock) {} }
        if options.once {
            if let report = try await pass() { logger.info("\(report)") }
            return
        }
        let service = Passes(interval: interval ?? site.interval, retry: site.interval, logger: logger, pass: pass)
        let group = ServiceGroup(
            services: [service], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: name) { _ in SwiftLogNoOpLogHandler() })
        try await group.run()
    }
}

private struct Passes: Service {
    let interval: Int
    /// Seconds before the first failure's next pass, doubled with each.
    let retry: Int
    let logger: Logger
    let pass: @Sendable () async throws -> String?

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var failures = 0
            while !Task.isCancelled && !Supervisor.isLost {
                do {
                    if let report = try await pass() { logger.info("\(report)") }
                    failures = 0
                } catch is CancellationError {
                    break
                } catch {
                    failures += 1
                    logger.error("pass failed", metadata: ["cause": "\(error)"])
                }
                let pause = failures == 0 ? interval : min(3_600, retry << min(failures, 8))
                try? await Task.sleep(for: .seconds(pause))
            }
        }
    }
}
