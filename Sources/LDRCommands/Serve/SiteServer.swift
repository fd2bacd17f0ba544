import Hummingbird
import HummingbirdCore
import LDR
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The HTTP server of a site.
struct SiteServer {
    let site: SiteConfiguration
    let address: WebAddress
    let logger: Logger
    /// Seconds without a byte in either direction, after which a connection is closed.
    var idle = WebLimits.idle

    /// - Parameter onRunning: called with the port when the server listens
    func application(onRunning: @escaping @Sendable (Int) -> Void) -> Application<SiteResponder> {
        // Its own messages are of its insides.
        let quiet = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }
        return Application(
            responder: SiteResponder(site, logger: logger),
            server: .http1(configuration: channel),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), backlog: 64,
                availableConnectionsDelegate: MaximumAvailableConnections(WebLimits.connections, logger: quiet)),
            onServerRunning: { channel in onRunning(channel.localAddress?.port ?? 0) },
            logger: quiet)
    }

    /// Until it is told to stop.
    func run(onRunning: @escaping @Sendable (Int) -> Void) async throws {
        try await application(onRunning: onRunning).run()
    }

    private var channel: HTTP1Channel.Configuration {
        let idle = TimeAmount.milliseconds(Int64(idle * 1_000))
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                IdleStateHandler(allTimeout: idle), IdleConnectionCloser(),
            ],
            idleTimeout: idle,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: WebLimits.headers, maxHeaderListSize: WebLimits.headers, maxHeaderFieldCount: 100))
    }
}

/// Ends connections of clients that do not read what they have asked for.
private final class IdleConnectionCloser: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        context.close(promise: nil)
    }
}
