import HummingbirdCore
import LDR
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Accepts connections and answers what they ask, until it is told to stop or cancelled.
///
/// Hummingbird's own `Server` takes connections out of a stream. One that is still in it when it ends, ends the process: an
/// asynchronous channel must not be dropped unused (swift-nio, issue 2637). Here each connection has its task at once.
struct WebListener: Sendable {
    /// What a stop waits for answers that are on their way.
    private static let drainTime = TimeAmount.seconds(3)

    let address: WebAddress
    let http: HTTP1Channel
    let stopSign: StopSign
    /// Of what happens inside, which is for nobody.
    private let quiet = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }

    init(address: WebAddress, http: HTTP1Channel, stopSign: StopSign) {
        (self.address, self.http, self.stopSign) = (address, http, stopSign)
    }

    /// - Parameter onRunning: called with the port when connections are accepted
    /// - Throws: when the address cannot be listened at
    func run(onRunning: @Sendable (Int) -> Void) async throws {
        let connections = WebConnections()
        let listener = try await bootstrap(connections).bind(host: address.host, port: address.port).get()
        onRunning(listener.localAddress?.port ?? address.port)
        await withTaskCancellationOrGracefulShutdownHandler {
            try? await listener.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            stopSign.raise()
            listener.close(promise: nil)
        }
        await connections.drain(within: Self.drainTime)
    }

    private func bootstrap(_ connections: WebConnections) -> ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // So that the limit is kept to.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let limit = MaximumAvailableConnections(WebLimits.connections, logger: quiet)
                    try channel.pipeline.syncOperations.addHandlers([
                        // Out of descriptors: pause accepting instead of ending.
                        AcceptBackoffHandler(), AvailableConnectionsChannelHandler(delegate: limit),
                    ])
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                http.setup(channel: channel, logger: quiet).map { asked in
                    connections.add(channel) { await http.handle(value: asked, logger: quiet) }
                }
            }
    }
}

/// Tells answers that never end by themselves that the server stops.
final class StopSign: Sendable {
    private let flag = NIOLockedValueBox(false)

    var isRaised: Bool { flag.withLockedValue { $0 } }

    func raise() { flag.withLockedValue { $0 = true } }
}

/// The open connections, each with the task that answers it.
private final class WebConnections: Sendable {
    private struct Connection: Sendable {
        let channel: any Channel
        let task: Task<Void, Never>
    }

    private struct State {
        var open: [ObjectIdentifier: Connection] = [:]
        var isDraining = false
    }

    private let state = NIOLockedValueBox(State())

    private var open: [Connection] { state.withLockedValue { Array($0.open.values) } }

    func add(_ channel: any Channel, _ answer: @escaping @Sendable () async -> Void) {
        let key = ObjectIdentifier(channel)
        // Within the lock: a task that ends at once finds itself there.
        let isLate = state.withLockedValue { state in
            state.open[key] = Connection(
                channel: channel,
                task: Task {
                    await answer()
                    self.state.withLockedValue { $0.open[key] = nil }
                })
            return state.isDraining
        }
        // Accepted while the listener closed: nobody may look for it any longer.
        if isLate { channel.close(promise: nil) }
    }

    /// Lets each connection end what it answers, then closes those that are left.
    func drain(within limit: TimeAmount) async {
        state.withLockedValue { $0.isDraining = true }
        await wait(until: .now() + limit) { connection in
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        await wait(until: .now() + .seconds(1)) { connection in
            connection.task.cancel()
            connection.channel.close(promise: nil)
        }
    }

    private func wait(until end: NIODeadline, _ body: (Connection) -> Void) async {
        while !open.isEmpty && NIODeadline.now() < end {
            open.forEach(body)
            // Whoever stops the server may have cancelled it.
            await Task.detached { try? await Task.sleep(for: .milliseconds(10)) }.value
        }
    }
}
