import HummingbirdCore
import LDR
import Logging
import NIOCore

/// The HTTP server of a site.
struct SiteServer: Sendable {
    let site: SiteConfiguration
    let address: WebAddress
    let logger: Logger
    /// Seconds without a byte in either direction, after which a connection is closed.
    var idle = WebLimits.idle

    /// Until it is told to stop.
    /// - Parameter onRunning: called with the port when the server listens
    func run(onRunning: @Sendable (Int) -> Void) async throws {
        let stopSign = StopSign()
        let responder = SiteResponder(site, logger: logger, stopSign: stopSign)
        let http = HTTP1Channel(
            responder: { request, writer, _ in
                let response = await responder.respond(to: request)
                try await writer.write(response: response.head, body: response.body)
            }, configuration: channel)
        try await WebListener(address: address, http: http, stopSign: stopSign).run(onRunning: onRunning)
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
