import RLSSecurity

/// What a client proves its identity with. Read anew for each connection, so that a renewed proxy is taken at once.
public struct ClientCredential: Sendable {
    let load: @Sendable () throws(GSIError) -> GSSCredential

    package init(_ load: @escaping @Sendable () throws(GSIError) -> GSSCredential) { self.load = load }

    /// A server's own, for calls to other servers.
    package init(_ host: HostCredential) {
        load = { () throws(GSIError) in host.current() }
    }

    /// The user's: `X509_USER_PROXY`, `/tmp/x509up_u$UID`, `X509_USER_CERT` and `X509_USER_KEY`, `~/.globus`, for root the
    /// host's.
    public static let environment = ClientCredential { () throws(GSIError) in
        try GSSCredential(try CredentialPlaces(environment: ProcessEnvironment.all).forClient())
    }
}
