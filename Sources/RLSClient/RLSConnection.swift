import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RLSCore
import RLSSecurity
import RLSWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A connection to a server. Calls may overlap: they are sent at once and answered in order.
public final class RLSConnection: Sendable {
    public let address: ServerAddress
    private let channel: any Channel

    private init(_ channel: any Channel, to address: ServerAddress) {
        self.channel = channel
        self.address = address
    }

    /// Connects and waits until the server is ready.
    ///
    /// - Parameters:
    ///   - timeout: longest silence of the server, now and during each later call, and longest handshake
    ///   - credential: what an `rls://` server is shown
    /// - Throws: `ClientError`, or the `CatalogError` with which the server turned the client away
    public static func connect(
        to address: ServerAddress, timeout: Duration = .seconds(30), credential: ClientCredential = .environment
    ) async throws -> RLSConnection {
        let limit = TimeAmount(timeout)
        let loaded = try await Self.load(credential, for: address)
        let group = MultiThreadedEventLoopGroup.singleton
        let welcome = group.any().makePromise(of: Void.self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: group)
                .connectTimeout(limit)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        guard let loaded else {
                            return try pipeline.addHandler(ClientHandler(timeout: limit, welcome: welcome))
                        }
                        let handshake = ClientHandshake(address: address, credential: loaded, timeout: limit)
                        let requests = {
                            ClientHandler(timeout: limit, welcome: welcome, refusal: handshake.brokenOff)
                        }
                        try pipeline.addHandler(handshake.makeHandler(next: requests, failed: { welcome.fail($0) }))
                    }
                }
                .connect(host: address.host, port: address.port).get()
        } catch {
            welcome.fail(error)
            throw ClientError(.cannotConnect, Self.reason(error))
        }
        try await welcome.futureResult.get()
        return RLSConnection(channel, to: address)
    }

    /// Before the connection is made: a missing proxy is no business of the server.
    private static func load(
        _ credential: ClientCredential, for address: ServerAddress
    ) async throws -> GSSCredential? {
        guard address.scheme == .authenticated else { return nil }
        do { return try await NIOThreadPool.singleton.runIfActive { try credential.load() } } catch {
            throw ClientError(.notAuthenticated, "\(error)")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let failure as NIOConnectionError:
            if let failed = failure.connectionErrors.first { return reason(failed.error) }
            return "unknown host \(failure.host)"
        case let failure as IOError: return failure.errnoText
        case ChannelError.connectTimeout: return "no connection within the time-out"
        default: return "\(error)"
        }
    }

    /// False once either side has ended the connection.
    public var isOpen: Bool { channel.isActive }

    /// Calls back once, when either side has ended the connection.
    package func whenClosed(_ body: @escaping @Sendable () -> Void) {
        channel.closeFuture.whenComplete { _ in body() }
    }

    /// Ends the connection. Calls that have no answer yet fail.
    public func close() async { try? await channel.close().get() }

    /// Sends a request now; its answer is waited for later. Requests go out in the order of these calls.
    package func send<Arguments, Item>(_ method: Method<Arguments, Item>, _ arguments: Arguments) -> PendingReply<Item>
    {
        var request = ByteBuffer()
        method.encode(arguments, into: &request)
        let box = ItemBox<Item>()
        let promise = channel.eventLoop.makePromise(of: ItemList<Item>.self)
        let call = PendingCall(
            request: request, shape: Item.shape,
            receive: { (strings) throws(CatalogError) in
                var reader = FieldReader(strings)
                box.append(try Item(from: &reader))
            },
            finish: { result in promise.completeWith(result.map { ItemList(items: box.items, more: $0) }) })
        channel.writeAndFlush(call).whenFailure { _ in
            promise.fail(ClientError(.closed, "the connection is closed"))
        }
        return PendingReply(promise.futureResult)
    }

    /// - Throws: the server's `CatalogError`, or `ClientError`
    package func call<Arguments, Item>(
        _ method: Method<Arguments, Item>, _ arguments: Arguments
    ) async throws -> ItemList<Item> {
        try await send(method, arguments).value
    }
}

/// The items of one reply.
package struct ItemList<Item: Sendable>: Sendable {
    package let items: [Item]
    /// The page stopped early: there are more behind it.
    package let more: Bool
}

package struct PendingReply<Item: Sendable>: Sendable {
    private let future: EventLoopFuture<ItemList<Item>>

    init(_ future: EventLoopFuture<ItemList<Item>>) { self.future = future }

    package var value: ItemList<Item> {
        get async throws { try await future.get() }
    }
}

/// Gathers items on the event loop.
private final class ItemBox<Item: Sendable>: Sendable {
    private let list = NIOLockedValueBox<[Item]>([])

    func append(_ item: Item) { list.withLockedValue { $0.append(item) } }
    var items: [Item] { list.withLockedValue { $0 } }
}

extension IOError {
    /// The system's words for the error, without the call that failed.
    fileprivate var errnoText: String { String(cString: strerror(errnoCode)) }
}
