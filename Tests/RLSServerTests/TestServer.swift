import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import RLSConfiguration
import RLSServer
import RLSStorage
import RLSStorageSQLite
import RLSTestSupport
import ServiceLifecycle

/// A server inside the test's process, on a port of the system's choice, with a SQLite catalog in a directory of its own.
final class TestServer: Sendable {
    let port: Int
    let configuration: LiveConfiguration
    let catalog: any CatalogStore
    /// Signalled for each connection that the server closes because of its time.
    let closedFor = CauseLog()
    private let directory: TemporaryDirectory
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    /// - Parameter double: stands between the server and its catalog
    init(
        through double: ForwardingStore? = nil, _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) async throws {
        let causes = closedFor
        let logger = Logger(label: "test") { _ in CauseLogHandler(causes: causes) }
        directory = try TemporaryDirectory()
        let store = try SQLiteCatalogStore(path: directory.file("lrc.db"), logger: logger)
        double?.inner = store
        catalog = double ?? store
        var settings = ServerConfiguration.embedded(database: directory.file("lrc.db"))
        settings.port = 0
        settings.eventLoops = 2
        change(&settings)
        configuration = LiveConfiguration(settings)
        let (addresses, started) = AsyncThrowingStream<Int, any Error>.makeStream()
        let context = try ServerContext(configuration: configuration, catalog: catalog, logger: logger, quit: {})
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

    /// As SIGTERM does: what runs is finished.
    func beginStop() async { await group.triggerGracefulShutdown() }

    func stop() async throws {
        await beginStop()
        try await running.value
        catalog.shutdown()
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
    through double: ForwardingStore? = nil,
    _ change: (inout ServerConfiguration) -> Void = { _ in },
    body: @escaping @Sendable (TestServer) throws -> Void
) async throws {
    let server = try await TestServer(through: double, change)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await blocking { try body(server) }) } catch { outcome = .failure(error) }
    try await server.stop()
    try outcome.get()
}
