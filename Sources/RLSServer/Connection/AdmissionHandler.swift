import Logging
import NIOCore
import RLSConfiguration
import RLSCore
import RLSWire

/// Counts a connection from its beginning to its end, and turns it away when there are too many. The first handler of each.
final class AdmissionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: ServerContext
    private var admitted: String?

    init(server: ServerContext) { self.server = server }

    func channelActive(context: ChannelHandlerContext) {
        let address = context.remoteAddress?.ipAddress ?? "unknown"
        let limits = server.configuration.current
        guard let refusal = server.admission.enter(address: address, limits: limits) else {
            admitted = address
            return context.fireChannelActive()
        }
        server.logger.notice("refused", metadata: ["address": "\(address)", "cause": "\(refusal)"])
        // Before a handshake there is no way to say why.
        if !limits.isAuthenticated {
            var reply = ByteBuffer()
            reply.writeError(CatalogError(.tooManyConnections, ByteString(refusal)))
            context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let admitted { server.admission.leave(address: admitted) }
        admitted = nil
        context.fireChannelInactive()
    }
}
