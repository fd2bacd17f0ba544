import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import RLSConfiguration
import RLSSoftState
import RLSStorage
import RLSStorageSQLite
import RLSTestSupport
import ServiceLifecycle

@testable import RLSServer

/// Whether a test's server is an index, and where the index's store is.
enum IndexDouble {
    case none
    case inPlace
    case remote(Journeys)

    fileprivate func store(in directory: TemporaryDirectory, _ logger: Logger) throws -> (any IndexStore)? {
        if case .none = self { return nil }
        let store = try SQLiteIndexStore(path: directory.file("rli.db"), logger: logger)
        return if case .remote(let way) = self { RemoteIndexStore(store, way) } else { store }
    }
}

/// A server inside the test's process, on a port of the system's choice, with a SQLite catalog in a directory of its own.
final class TestServer: Sendable {
    let port: Int
    let configuration: LiveConfiguration
    let catalog: any CatalogStore
    private let index: (any IndexStore)?
    /// Signalled for each connection that the server closes because of its time.
    let closedFor = CauseLog()
    private let context: ServerContext
    private let receiver: UpdateReceiver?
    private let directory: TemporaryDirectory
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    /// - Parameters:
    ///   - double: stands between the server and its catalog
    init(
        through double: ForwardingStore? = nil, index: IndexDouble = .none,
        lookupLimits: LookupLimits = LookupLimits(), _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) async throws {
        let logger = closedFor.logger
        directory = try TemporaryDirectory()
        let store = try SQLiteCatalogStore(path: directory.file("lrc.db"), logger: logger)
        double?.inner = store
        catalog = double ?? store
        var settings = ServerConfiguration.embedded(database: directory.file("lrc.db"))
        settings.port = 0
        settings.eventLoops = 2
        change(&settings)
        let live = LiveConfiguration(settings)
        configuration = live
        let (addresses, started) = AsyncThrowingStream<Int, any Error>.makeStream()
        let role = try index.store(in: directory, logger).map { Self.role($0, live, logger) }
        (receiver, self.index) = (role?.receiver, role?.locations.store)
        context = try ServerContext(
            configuration: configuration, catalog: catalog, index: role, lookupLimits: lookupLimits, logger: logger,
            quit: {})
        let listener = Listener(context) { started.yield($0.port ?? 0) }
        let group = ServiceGroup(services: [listener], logger: logger)
        self.group = group
        running = Task {
            defer { started.finish(throwing: CancellationError()) }
            try await group.run()
        }
        var iterator = addresses.makeAsyncIterator()
        port = try await iterator.next() ?? 0
    }

    private static func role(_ store: any IndexStore, _ live: LiveConfiguration, _ logger: Logger) -> IndexRole {
        let index = LocationIndex(store: store, clock: .now(), expireStale: live.current.expireStale)
        let receiver = UpdateReceiver(index, name: ServerName(), configuration: live, archive: nil, logger: logger)
        return IndexRole(locations: index, receiver: receiver)
    }

    /// As SIGTERM does: what runs is finished.
    func beginStop() async { await group.triggerGracefulShutdown() }

    func stop() async throws {
        await beginStop()
        try await running.value
        receiver?.shutdown()
        index?.shutdown()
        catalog.shutdown()
    }

    /// Returns when as many look-ups of the catalog wait for a thread as the test wants.
    func awaitLookups(_ isEnough: (Int) -> Bool) throws {
        let end = Date(timeIntervalSinceNow: Patience.seconds(30))
        while let count = context.lookups[.catalog]?.waiting, !isEnough(count) {
            if Date() > end { throw RawClient.Failure(description: "\(count) look-ups wait") }
            Thread.sleep(forTimeInterval: 0.005)
        }
    }

    /// A client that has been welcomed.
    func client() throws -> RawClient {
        let client = try RawClient(port: port)
        let welcome = try client.receive("0|")
        guard welcome == "0|" else { throw RawClient.Failure(description: "refused: \(welcome)") }
        return client
    }
}

/// Counts the causes that the server's log names.
final class CauseLog: Sendable {
    private let arrivals = DispatchSemaphore(value: 0)
    private let causes = NIOLockedValueBox<[String]>([])

    func add(_ cause: String) {
        causes.withLockedValue { $0.append(cause) }
        arrivals.signal()
    }

    var logger: Logger { Logger(label: "test") { _ in CauseLogHandler(causes: self) } }

    func count(of cause: String) -> Int { causes.withLockedValue { $0.count { $0 == cause } } }

    /// Whether the cause is named within some seconds.
    func waits(for cause: String) -> Bool {
        while !causes.withLockedValue({ $0.contains(cause) }) {
            if arrivals.wait(timeout: .now() + Patience.seconds(60)) == .timedOut { return false }
        }
        return true
    }
}

private struct CauseLogHandler: LogHandler {
    let causes: CauseLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    init(causes: CauseLog) { self.causes = causes }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if let cause = event.metadata?["cause"] { causes.add(cause.description) }
    }
}

/// Runs `body`, which may wait for sockets, beside a server of its own.
func withServer(
    through double: ForwardingStore? = nil, index: IndexDouble = .none,
    lookupLimits: LookupLimits = LookupLimits(), _ change: (inout ServerConfiguration) -> Void = { _ in },
    body: @escaping @Sendable (TestServer) throws -> Void
) async throws {
    let server = try await TestServer(through: double, index: index, lookupLimits: lookupLimits, change)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await blocking { try body(server) }) } catch { outcome = .failure(error) }
    try await server.stop()
    try outcome.get()
}
