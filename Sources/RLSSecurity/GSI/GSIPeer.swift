import CGlobusGSSAPI
import NIOCore

/// Who the other side of a connection is, as its certificates say.
package struct GSIPeer: Sendable {
    /// Of the end entity's certificate: proxies are stripped.
    package let dn: String
    package let isLimitedProxy: Bool
    /// From the end of the handshake until the first certificate of its chain, or its attributes, expire; at most ten years.
    package let lifetime: TimeAmount
    /// VOMS attributes whose signature was verified, as `/vo/group/Role=role`.
    package let fqans: [String]
    /// Why VOMS attributes that were there do not count.
    package let attributeProblem: String?

    init(of context: GSSContext) throws(GSIError) {
        // The library completes handshakes with clients that show nothing.
        let chain = try context.peerChain()
        if chain.isEmpty || context.isPeerAnonymous {
            throw GSIError(.noCredential, "the other side has shown no certificate")
        }
        dn = try context.peerName()
        isLimitedProxy = context.isPeerLimited
        var ends = chain.map { Int(rls_x509_not_after($0, $0.count)) }
        do throws(GSIError) {
            let attributes = try VOMSAttributes.verified(in: chain)
            fqans = attributes?.names ?? []
            if let end = attributes?.end { ends.append(end) }
            attributeProblem = nil
        } catch {
            fqans = []
            attributeProblem = "\(error)"
        }
        guard let end = ends.min(), end >= 0 else {
            throw GSIError(.other, "the certificate chain of the other side cannot be read")
        }
        lifetime = .seconds(Int64(min(max(end - time(nil), 0), Self.longestLifetime)))
    }

    private static let longestLifetime = 10 * 366 * 86_400
}
