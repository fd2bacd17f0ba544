import ArgumentParser
import LDR
import Logging
import ServiceLifecycle
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Shows the site over HTTP: a page, status, metrics, files and events.",
        discussion: """
            GET / is a page for people; /status the JSON of `ldr status --json`; /metrics for Prometheus; \
            /find?q=EXPRESSION&show=names|metadata|urls&sort=[-]ATTRIBUTE&offset=N&limit=N JSON lines; /events server-sent \
            events. Whoever reaches the address may read all of it, and change nothing.
            """)

    @OptionGroup var options: SiteOptions

    func run() async throws {
        let site = try options.site()
        let logger = options.logger("serve")
        guard let address = site.httpListen else {
            throw ValidationError("the configuration has no `http_listen`, the address and port to listen at")
        }
        let lock = try DaemonLock(path: SitePlaces(site).lock("serve"), daemon: "serve")
        defer { withExtendedLifetime(lock) {} }
        let server = ListeningServer(server: SiteServer(site: site, address: address, logger: logger))
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: server),
                    .init(
                        service: MasterWatch(interval: site.interval),
                        successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "serve") { _ in SwiftLogNoOpLogHandler() }))
        try await group.run()
    }
}

private struct ListeningServer: Service {
    let server: SiteServer

    func run() async throws {
        try await server.run { port in
            server.logger.info("listening", metadata: ["url": "http://\(server.address.authority(port: port))/"])
        }
    }
}

/// Ends when the master that started this daemon was killed.
private struct MasterWatch: Service {
    /// Seconds.
    let interval: Int

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled && !Supervisor.isLost { try? await Task.sleep(for: .seconds(interval)) }
        }
    }
}
