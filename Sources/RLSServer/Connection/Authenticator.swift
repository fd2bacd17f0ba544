import Logging
import NIOCore
import RLSConfiguration
import RLSCore
import RLSSecurity
import RLSWire

/// Makes sure who a client is before its first request: the handshakes of a server with `authentication true`.
package final class Authenticator: Sendable {
    /// What this server shows, to clients and to other servers.
    package let credential: HostCredential
    private let configuration: LiveConfiguration
    private let logger: Logger
    private let threads: HandshakeThreads
    private let slots = HandshakeSlots()

    package init(_ credential: HostCredential, _ configuration: LiveConfiguration, logger: Logger) {
        self.credential = credential
        self.configuration = configuration
        self.logger = logger
        threads = HandshakeThreads(server: configuration.current.handshakeThreads)
    }

    func shutdown() async { await threads.shutdown() }

    /// A client that may send requests now.
    struct Client {
        let identity: Identity
        /// Until a certificate expires.
        let lifetime: TimeAmount
    }

    /// - Parameter next: makes the handler for the requests of an authenticated client
    func makeHandler(
        for channel: any Channel, next: @escaping (Client) -> any ChannelHandler
    ) -> any ChannelHandler {
        let options = configuration.current
        let address = channel.remoteAddress?.ipAddress ?? "unknown"
        return HandshakeHandler(
            HandshakeHandler.Options(
                threads: threads, slots: slots, mostAtATime: options.maximumHandshakes,
                timeout: .seconds(Int64(options.handshakeTimeout)), kind: nil,
                allowsClearChannel: options.isClearChannelAllowed),
            makeContext: { [credential] () throws(GSIError) in try GSSContext(.acceptor, credential.current()) },
            completion: { result in
                switch result {
                case .success(let established):
                    return next(self.client(established, address: address))
                case .failure(let error):
                    self.failed(error, channel, address: address)
                    return nil
                }
            })
    }

    private func client(_ established: EstablishedContext, address: String) -> Client {
        let peer = established.peer
        if let problem = peer.attributeProblem {
            logger.notice(
                "attributes ignored",
                metadata: ["client": "\(peer.dn)", "address": "\(address)", "cause": "\(problem)"])
        }
        let identity = Identity(
            dn: peer.dn, fqans: peer.fqans, isLimitedProxy: peer.isLimitedProxy,
            isChannelClear: established.kind == .clear)
        return Client(identity: identity, lifetime: peer.lifetime)
    }

    private func failed(_ error: GSIError, _ channel: any Channel, address: String) {
        logger.notice(
            "authentication failed",
            metadata: ["address": "\(address)", "cause": "\(error)", "reason": "\(error.reason.rawValue)"])
        // A client without GSI waits for the server's greeting: it shall read why there is none.
        if error.reason == .silence {
            var reply = ByteBuffer()
            reply.writeError(CatalogError(.permission, "this server wants authentication: use rls://"))
            channel.writeAndFlush(reply, promise: nil)
        }
    }
}
