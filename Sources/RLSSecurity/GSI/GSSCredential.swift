import CGlobusGSSAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The Globus library, made ready once for the process.
enum GSSLibrary {
    private static let failure: Int32 = rls_gss_activate()

    static func activate() throws(GSIError) {
        if failure != 0 { throw GSIError(.other, "the Globus GSSAPI library cannot be started (code \(failure))") }
    }
}

/// A certificate with its private key and chain, ready for handshakes.
///
/// `@unchecked Sendable`: the library only reads it after it was made, and counts its references under its own locks.
package final class GSSCredential: @unchecked Sendable {
    let handle: gss_cred_id_t
    /// Of the first certificate: with a proxy this is the proxy's own name.
    package let subject: String
    package let notAfter: Int

    /// - Throws: `noCredential`, `badCredential`, `expired`, `notYetValid`, each naming the file and a remedy
    package init(_ files: CredentialFiles, now: Int = time(nil)) throws(GSIError) {
        try GSSLibrary.activate()
        let certificate = PEMDocument(try Self.read(files.certificate, isSecret: files.isProxy))
        let key = files.isProxy ? certificate : PEMDocument(try Self.read(files.key, isSecret: true))
        guard let first = certificate.certificates.first else {
            throw GSIError(.badCredential, "\(files.certificate): holds no certificate")
        }
        guard let keyText = key.key else { throw GSIError(.badCredential, "\(files.key): holds no private key") }
        if key.isKeyEncrypted {
            throw GSIError(
                .badCredential,
                "\(files.key): the key is protected by a pass phrase; make a proxy with `grid-proxy-init` first")
        }
        (subject, notAfter) = try Self.summary(first, files.certificate, now)
        let chain = certificate.certificates.dropFirst()
        handle = try Self.load(([first, keyText] + chain).joined(separator: "\n") + "\n", files)
    }

    deinit {
        var (handle, minor): (gss_cred_id_t?, OM_uint32) = (handle, 0)
        gss_release_cred(&minor, &handle)
    }

    private static func load(_ pem: String, _ files: CredentialFiles) throws(GSIError) -> gss_cred_id_t {
        var bytes = Array(pem.utf8)
        var (handle, minor): (gss_cred_id_t?, OM_uint32) = (nil, 0)
        let major = bytes.withUnsafeMutableBytes { raw in
            var buffer = gss_buffer_desc(length: raw.count, value: raw.baseAddress)
            return gss_import_cred(&minor, &handle, nil, 0, &buffer, 0, nil)
        }
        guard rls_gss_failed(major) == 0, let handle else {
            let error = GSIError(major, minor, "reading the certificate")
            let place = files.isProxy ? files.certificate : "\(files.certificate) with \(files.key)"
            throw GSIError(error.reason == .other ? .badCredential : error.reason, "\(place): \(error)")
        }
        return handle
    }

    private static func summary(_ pem: String, _ file: String, _ now: Int) throws(GSIError) -> (String, Int) {
        var summary = rls_x509_summary()
        guard rls_x509_summarise(pem, Int32(pem.utf8.count), &summary) == 1, let text = summary.subject else {
            throw GSIError(.badCredential, "\(file): the certificate is damaged")
        }
        defer { free(text) }
        let subject = DistinguishedName.customary(String(cString: text))
        if summary.not_after <= now {
            throw GSIError(
                .expired, "\(file): expired since \(UTCTime.text(Int(summary.not_after))) (\(subject)); make a new one")
        }
        if summary.not_before > now {
            let start = UTCTime.text(Int(summary.not_before))
            throw GSIError(
                .notYetValid, "\(file): not valid before \(start) (\(subject)); is this machine's clock right?")
        }
        return (subject, Int(summary.not_after))
    }

    /// A key that others may read is refused, as the grid's own tools do.
    private static func read(_ path: String, isSecret: Bool) throws(GSIError) -> String {
        let content: FileText.Content
        do throws(FileText.Failure) { content = try FileText.read(path, limit: 1 << 20) } catch {
            let remedy = error.isMissing && isSecret ? "; `grid-proxy-init` makes a proxy" : ""
            throw GSIError(error.isMissing ? .noCredential : .badCredential, "\(path): \(error.cause)\(remedy)")
        }
        if isSecret && content.mode & 0o077 != 0 {
            let mode = String(content.mode, radix: 8)
            throw GSIError(.badCredential, "\(path): others may read the key (mode \(mode)); use `chmod 600 \(path)`")
        }
        // Anybody can put a file into /tmp under the name that is looked for.
        if isSecret && content.owner != geteuid() && content.owner != 0 {
            throw GSIError(.badCredential, "\(path): belongs to user number \(content.owner)")
        }
        return content.text
    }
}

enum UTCTime {
    /// `2026-11-21 09:30 UTC`
    static func text(_ seconds: Int) -> String {
        var (time, parts) = (time_t(seconds), tm())
        gmtime_r(&time, &parts)
        let two: (Int32) -> String = { ($0 < 10 ? "0" : "") + String($0) }
        return "\(parts.tm_year + 1_900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)) UTC"
    }
}
