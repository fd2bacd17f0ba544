import CGlobusGSSAPI
import NIOCore

/// Who the other side of a connection is, as its certificates say.
package struct GSIPeer: Sendable {
    /// Of the end entity's certificate: proxies are stripped.
    package let dn: String
    package let isLimitedProxy: Bool
    /// From the end of the handshake until the first certificate of its chain expires; at most ten years.
    package let lifetime: TimeAmount
    /// VOMS attributes whose signature was verified, as `/vo/group/Role=role`.
    package let fqans: [String]
    /// Why VOMS attributes that were there do not count.
    package let attributeProblem: String?

    init(of context: GSSContext) throws(GSIError) {
        dn = try context.peerName()
        isLimitedProxy = context.isPeerLimited
        let chain = try context.peerChain()
        guard let end = chain.map({ Int(rls_x509_not_after($0, $0.count)) }).min(), end >= 0 else {
            throw GSIError(.other, "the certificate chain of the other side cannot be read")
        }
        lifetime = .seconds(Int64(min(max(end - time(nil), 0), Self.longestLifetime)))
        do throws(GSIError) {
            fqans = try VOMSAttributes.verified(in: chain)
            attributeProblem = nil
        } catch {
            fqans = []
            attributeProblem = "\(error)"
        }
    }

    private static let longestLifetime = 10 * 366 * 86_400
}
