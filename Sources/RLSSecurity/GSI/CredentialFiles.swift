#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where a certificate and its key lie. A proxy file holds both, and the chain.
package struct CredentialFiles: Sendable, Hashable {
    package let certificate: String
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    package init(proxy: String) { self.init(certificate: proxy, key: proxy) }

    package var isProxy: Bool { certificate == key }
}

/// The places where the grid's tools put credentials and look for them.
package struct CredentialPlaces: Sendable {
    private let environment: [String: String]
    private let userID: UInt32

    package init(environment: [String: String], userID: UInt32 = getuid()) {
        self.environment = environment
        self.userID = userID
    }

    private var home: String { environment["HOME"] ?? "/" }
    private var proxy: String { variable("X509_USER_PROXY") ?? "/tmp/x509up_u\(userID)" }

    private func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private var named: CredentialFiles? {
        guard let certificate = variable("X509_USER_CERT"), let key = variable("X509_USER_KEY") else { return nil }
        return CredentialFiles(certificate: certificate, key: key)
    }

    private static let host = CredentialFiles(
        certificate: "/etc/grid-security/hostcert.pem", key: "/etc/grid-security/hostkey.pem")

    /// A proxy, else a user's certificate, else for root the host's.
    package func forClient() throws(GSIError) -> CredentialFiles {
        if variable("X509_USER_PROXY") != nil || exists(proxy) { return CredentialFiles(proxy: proxy) }
        if let named { return named }
        let own = CredentialFiles(certificate: home + "/.globus/usercert.pem", key: home + "/.globus/userkey.pem")
        if exists(own.certificate) && exists(own.key) { return own }
        if userID == 0 && exists(Self.host.certificate) { return Self.host }
        throw GSIError(
            .noCredential,
            "no proxy certificate: there is no \(proxy). Make one with `grid-proxy-init` (or `voms-proxy-init`), "
                + "or name one in X509_USER_PROXY; X509_USER_CERT and X509_USER_KEY name a certificate and its key")
    }

    /// What the configuration names, else what the environment does, else the host's.
    package func forServer(certificate: String, key: String) throws(GSIError) -> CredentialFiles {
        switch (certificate.isEmpty, key.isEmpty) {
        case (false, false): return CredentialFiles(certificate: certificate, key: key)
        case (true, false), (false, true):
            throw GSIError(.noCredential, "rlscertfile and rlskeyfile belong together: one of them is not set")
        case (true, true): break
        }
        if let named { return named }
        if exists(Self.host.certificate) { return Self.host }
        if variable("X509_USER_PROXY") != nil { return CredentialFiles(proxy: proxy) }
        throw GSIError(
            .noCredential,
            "no host certificate: there is no \(Self.host.certificate); name it with rlscertfile and rlskeyfile")
    }

    private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
