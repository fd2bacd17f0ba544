import CGlobusGSSAPI
import RLSCore

/// Why there is no authenticated connection, in words for the person who must mend it.
package struct GSIError: Error, Sendable, CustomStringConvertible {
    package enum Reason: String, Sendable {
        case noCredential
        case badCredential
        /// Of a certificate in either chain; the message says whose.
        case expired
        case notYetValid
        case unknownAuthority
        case revoked
        case staleRevocationList
        case wrongHost
        /// What came is no token of the protocol.
        case badToken
        case timeout
        /// Not a byte came.
        case silence
        case closed
        case busy
        case other
    }

    package let reason: Reason
    package let description: String

    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }

    /// From the status of a call that failed. The library keeps the error's text until it is fetched: this must be called
    /// for every failure.
    init(_ major: OM_uint32, _ minor: OM_uint32, _ action: String) {
        var lines: [String] = []
        if let text = rls_gss_take_error(minor) {
            lines = String(cString: text).split(separator: "\n").map { Self.cleaned($0) }.filter { !$0.isEmpty }
            free(text)
        }
        for known in Self.known {
            guard let line = lines.first(where: { $0.contains(known.sign) }) else { continue }
            self.init(known.reason, "\(known.words) (\(line.shortened))")
            return
        }
        self.init(.other, "\(action) failed: \(lines.last?.shortened ?? "status \(major)")")
    }

    /// `file.c:432: function: text` and `module: text` → `text`
    private static func cleaned(_ line: Substring) -> String {
        var parts = line.split(separator: ": ")[...]
        while let first = parts.first, first.contains(".c:") || first.hasPrefix("globus_") || first.hasPrefix("OpenSSL")
        {
            parts = parts.dropFirst()
        }
        return parts.joined(separator: ": ").trimmedBlanks
    }

    private struct Known {
        let sign: String
        let reason: Reason
        let words: String
    }

    private static let noAuthorities = "there is no directory of trusted certificate authorities; set X509_CERT_DIR"

    /// What the library's and OpenSSL's texts mean.
    private static let known: [Known] = [
        Known(
            sign: "CRL has expired", reason: .staleRevocationList,
            words: "the revocation list of an authority is out of date here; `fetch-crl` gets a new one"),
        Known(sign: "has expired", reason: .expired, words: "a certificate of the other side has expired"),
        Known(sign: "not yet valid", reason: .notYetValid, words: "a certificate of the other side is not valid yet"),
        Known(sign: "has been revoked", reason: .revoked, words: "the certificate of the other side is revoked"),
        Known(
            sign: "expected name for the remote", reason: .wrongHost,
            words: "the server's certificate is for another host"),
        Known(
            sign: "Cannot find trusted CA", reason: .unknownAuthority,
            words: "the certificate authority of the other side is not among those trusted here"),
        Known(
            sign: "Untrusted self-signed certificate", reason: .unknownAuthority,
            words: "the certificate authority of the other side is not among those trusted here; "
                + "its file would be the hash with .0 in X509_CERT_DIR"),
        Known(
            sign: "GAA", reason: .unknownAuthority,
            words: "the signing policy of the other side's authority is missing here or does not allow its certificate"),
        Known(sign: "share/certificates", reason: .unknownAuthority, words: noAuthorities),
        Known(sign: "is not a valid directory", reason: .unknownAuthority, words: noAuthorities),
        Known(sign: "trusted CA certificate directory", reason: .unknownAuthority, words: noAuthorities),
    ]
}

extension String {
    /// The library's longest texts go on with advice after the first sentence.
    fileprivate var shortened: String {
        guard let end = firstRange(of: ". This happens") else { return self }
        return String(self[..<end.lowerBound])
    }
}
