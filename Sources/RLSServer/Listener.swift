import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RLSConfiguration
import RLSCore
import RLSStorage
import ServiceLifecycle

/// Accepts connections until told to stop, then lets what runs finish.
package struct Listener: Service {
    /// What a stop waits for requests that run; with closing the store it stays within five seconds.
    private static let drainTime = TimeAmount.seconds(3)

    private let server: ServerContext
    private let started: @Sendable (SocketAddress) -> Void

    /// - Parameter started: called once, with the address that connections are accepted on
    package init(_ server: ServerContext, started: @escaping @Sendable (SocketAddress) -> Void = { _ in }) {
        self.server = server
        self.started = started
    }

    package func run() async throws {
        let configuration = server.configuration.current
        let count = configuration.eventLoops > 0 ? configuration.eventLoops : System.coreCount
        let group = MultiThreadedEventLoopGroup(numberOfThreads: count)
        let connections = ConnectionSet()
        let lanes = try await makeLanes(group)
        let channel: any Channel
        do {
            channel = try await bootstrap(group, lanes, connections)
                .bind(host: configuration.effectiveListenAddress, port: configuration.port).get()
        } catch {
            try? await group.shutdownGracefully()
            throw ListenError(
                address: configuration.effectiveListenAddress, port: configuration.port, cause: "\(error)")
        }
        if let address = channel.localAddress { started(address) }
        // Cancelled, when another part of the server has failed.
        await withTaskCancellationOrGracefulShutdownHandler {
            try? await channel.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            channel.close(promise: nil)
        }
        await connections.drain(within: Self.drainTime)
        // First those that answer on the event loops.
        await server.authenticator?.shutdown()
        await server.lookups.shutdown()
        await server.readers.shutdown()
        try await group.shutdownGracefully()
    }

    private func bootstrap(
        _ group: MultiThreadedEventLoopGroup, _ lanes: [ObjectIdentifier: NIOLoopBound<LookupLane>],
        _ connections: ConnectionSet
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Out of descriptors: pause accepting instead of spinning.
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 65_536, high: 262_144))
            .childChannelInitializer { channel in
                connections.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    let lane = lanes[ObjectIdentifier(channel.eventLoop)]?.value
                    try channel.pipeline.syncOperations.addHandlers(handlers(channel, lane))
                }
            }
    }

    private func handlers(_ channel: any Channel, _ lane: LookupLane?) -> [any ChannelHandler] {
        let requests: (Authenticator.Client?) -> any ChannelHandler = { client in
            ConnectionHandler(server: server, lane: lane, client: client)
        }
        let first = server.authenticator?.makeHandler(for: channel, next: requests) ?? requests(nil)
        return [AdmissionHandler(server: server), first]
    }

    /// Readers for each event loop, made where it will be used.
    private func makeLanes(
        _ group: MultiThreadedEventLoopGroup
    ) async throws -> [ObjectIdentifier: NIOLoopBound<LookupLane>] {
        var lanes: [ObjectIdentifier: NIOLoopBound<LookupLane>] = [:]
        for eventLoop in group.makeIterator() {
            lanes[ObjectIdentifier(eventLoop)] = try await eventLoop.submit {
                NIOLoopBound(LookupLane(try server.stores.inPlace.makeReaders(), on: eventLoop), eventLoop: eventLoop)
            }.get()
        }
        return lanes
    }
}

package struct ListenError: Error, CustomStringConvertible, Sendable {
    let address: String
    let port: Int
    let cause: String

    package var description: String { "cannot listen on \(address) port \(port): \(cause)" }
}

/// The open connections, to tell them when the server stops.
final class ConnectionSet: Sendable {
    private let channels = NIOLockedValueBox<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        channels.withLockedValue { $0[key] = channel }
        channel.closeFuture.whenComplete { _ in self.channels.withLockedValue { $0[key] = nil } }
    }

    private var open: [any Channel] { channels.withLockedValue { Array($0.values) } }

    /// Asks every connection to finish, waits, then closes what is left.
    func drain(within limit: TimeAmount) async {
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        let end = NIODeadline.now() + limit
        while !open.isEmpty && NIODeadline.now() < end { try? await Task.sleep(for: .milliseconds(10)) }
        for channel in open { try? await channel.close().get() }
    }
}
