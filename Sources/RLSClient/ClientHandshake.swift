import NIOCore
import RLSCore
import RLSSecurity

/// The handshake of a client's connection, and what is said when it fails.
struct ClientHandshake {
    let address: ServerAddress
    let credential: GSSCredential
    let timeout: TimeAmount

    /// - Parameters:
    ///   - next: the handler that follows
    ///   - failed: told why there is no connection
    func makeHandler(
        next: @escaping () -> any ChannelHandler, failed: @escaping (ClientError) -> Void
    ) -> any ChannelHandler {
        let (host, credential) = (address.host, credential)
        return HandshakeHandler(
            HandshakeHandler.Options(
                threads: .shared, timeout: timeout, kind: address.isChannelClear ? .clear : .wrapped,
                allowsClearChannel: address.isChannelClear),
            makeContext: { () throws(GSIError) in
                try GSSContext(.initiator(host: host), credential)
            },
            completion: { result in
                switch result {
                case .success: return next()
                case .failure(let error):
                    failed(self.explained(error))
                    return nil
                }
            })
    }

    /// A server cannot say more: what it would say in is not made yet.
    var brokenOff: ClientError {
        ClientError(
            .notAuthenticated,
            "the server broke the handshake off: it does not accept the certificate \(credential.subject)"
                + (address.isChannelClear ? ", no clear channel" : "") + ", or no more clients; its log says why")
    }

    private func explained(_ error: GSIError) -> ClientError {
        switch error.reason {
        case .badToken:
            ClientError(
                .notAuthenticated,
                "the server does not answer as a GSI server; one without authentication is named rlsn://")
        case .closed: brokenOff
        case .timeout, .silence: ClientError(.timeout, error.description)
        default: ClientError(.notAuthenticated, error.description)
        }
    }
}
