import Foundation
import Logging
import NIOCore
import RLSConfiguration
import RLSCore
import RLSSecurity
import RLSServer
import RLSStorage
import RLSStorageSQLite
import ServiceLifecycle
import UnixSignals

/// Assembles a server from its configuration and runs it until it is told to stop.
struct ServerProgram {
    /// Exit status, after sysexits.h.
    enum Status: Int32 {
        case stopped = 0
        case cannotListen = 69
        case database = 74
        case configuration = 78
    }

    private let source: ConfigurationSource
    private let level = LogThreshold()
    private let logger: Logger

    init(_ source: ConfigurationSource) {
        self.source = source
        let level = self.level
        logger = Logger(label: "rls-server") { _ in LineLogHandler(threshold: level) }
    }

    func run() async -> Status {
        let loaded: ConfigurationSource.Loaded
        do { loaded = try source.load() } catch {
            logger.critical("configuration refused", metadata: ["cause": "\(error)"])
            return .configuration
        }
        level.set(loaded.configuration.logLevel)
        for note in loaded.notes { logger.notice("\(note)") }
        ProcessLimits.raiseDescriptorLimit()
        // Files of the catalog are nobody else's business.
        umask(0o027)
        do {
            return try await serve(loaded.configuration)
        } catch let error as StorageError {
            logger.critical("the database cannot be opened", metadata: ["cause": "\(error)"])
            return .database
        } catch let error as GSIError {
            logger.critical("no host certificate", metadata: ["cause": "\(error)"])
            return .configuration
        } catch let error as PidFile.Failure {
            logger.critical("no pid file", metadata: ["cause": "\(error)"])
            return .configuration
        } catch {
            logger.critical("stopped", metadata: ["cause": "\(error)"])
            return .cannotListen
        }
    }

    private func serve(_ configuration: ServerConfiguration) async throws -> Status {
        // The libraries know no other way to be told.
        ProcessEnvironment.set("X509_CERT_DIR", to: configuration.certificateDirectory)
        ProcessEnvironment.set("X509_VOMS_DIR", to: configuration.attributeDirectory)
        let pidFile = try PidFile(configuration.pidFile)
        defer { pidFile.remove() }
        let live = LiveConfiguration(configuration) { [level] in level.set($0.logLevel) }
        let authenticator = try makeAuthenticator(live)
        let roles = try ServerRoles(live, credential: authenticator?.credential, logger: logger)
        defer { roles.shutdown() }
        let quit = QuitService()
        let server = try ServerContext(
            configuration: live, catalog: roles.catalog, index: roles.index, updates: roles,
            authenticator: authenticator,
            logger: logger, quit: { quit.request() })
        let listener = Listener(server) { address in
            roles.named(configuration.url(listeningAt: address))
            logger.notice(
                "listening",
                metadata: [
                    "address": "\(address.ipAddress ?? "?"):\(address.port ?? 0)",
                    "roles": "\(configuration.roleNames)",
                    "database": "\(configuration.databaseNames)", "version": "\(SoftwareVersion.current)",
                ])
        }
        let reload = ReloadService(source: source, configuration: live, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: listener, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: quit, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: reload),
                ] + roles.services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint, .sigquit], logger: quietLogger))
        try await group.run()
        logger.notice("stopped")
        return .stopped
    }

    private func makeAuthenticator(_ live: LiveConfiguration) throws -> Authenticator? {
        let configuration = live.current
        guard configuration.isAuthenticated else { return nil }
        let places = CredentialPlaces(environment: ProcessEnvironment.all)
        let files = try places.forServer(certificate: configuration.certificateFile, key: configuration.keyFile)
        let credential = try HostCredential(files) { [logger] result in
            switch result {
            case .success(let fresh):
                logger.notice("host certificate reread", metadata: ["subject": "\(fresh.subject)"])
            case .failure(let error):
                logger.error("host certificate refused, the old one stays", metadata: ["cause": "\(error)"])
            }
        }
        logger.info("host certificate", metadata: ["subject": "\(credential.subject)", "file": "\(files.certificate)"])
        warnWithoutAuthorities()
        return Authenticator(credential, live, logger: logger)
    }

    private func warnWithoutAuthorities() {
        let usual = [NSHomeDirectory() + "/.globus/certificates", "/etc/grid-security/certificates"]
        let paths = ProcessEnvironment.all["X509_CERT_DIR"].map { [$0] } ?? usual
        let names = paths.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
        if names.contains(where: { $0.hasSuffix(".0") }) { return }
        logger.warning(
            "no client can be authenticated: no certificate authority is trusted",
            metadata: ["x509_cert_dir": "\(paths.joined(separator: " "))"])
    }

    /// The library's own account of services starting and stopping is of no use to an operator.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = .critical
        return quiet
    }
}

/// Ends the program when a client with the right asks for it.
final class QuitService: Service {
    private let requests = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    func request() { requests.continuation.yield() }

    func run() async throws {
        for await _ in requests.stream.cancelOnGracefulShutdown() { return }
    }
}

/// SIGHUP: reads the file again and takes over what may change while running.
struct ReloadService: Service {
    let source: ConfigurationSource
    let configuration: LiveConfiguration
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                let loaded = try source.load()
                for note in loaded.notes { logger.notice("\(note)") }
                try refuseLossOfMap(loaded.configuration)
                let needRestart = configuration.reload(loaded.configuration)
                logger.notice(
                    "configuration reread", metadata: ["needs_restart": "\(needRestart.joined(separator: " "))"])
            } catch {
                logger.error("configuration refused, the old one stays", metadata: ["cause": "\(error)"])
            }
        }
    }

    /// Access lines in the order of local users would give others rights, should the map vanish unnoticed.
    private func refuseLossOfMap(_ fresh: ServerConfiguration) throws(ConfigurationSource.Failure) {
        let path = configuration.current.gridMap.path
        if !path.isEmpty && fresh.gridMap.path.isEmpty {
            throw ConfigurationSource.Failure(
                description: "the grid-mapfile \(path) is gone; `rls-admin -C gridmap ''` goes on without one")
        }
    }
}
