import Foundation
import RLSCore
import RLSTestSupport
import Testing

/// Who gets in, and what those are told who do not.
@Suite struct CredentialTests {
    private static let everyone = [
        "acl ^/O=Grid/OU=Test/CN=(Alice|Bob)$: lrc_read lrc_update", "allow_clear_channel true",
    ]

    @Test(arguments: [
        "alice-rfc", "alice-legacy", "alice-rfc-limited", "alice-legacy-limited", "alice-rfc-second", "alice-voms",
        "bob-rfc", "bob-voms-untrusted",
    ])
    func takesEveryKindOfProxy(_ proxy: String) async throws {
        let server = try await ServerProcess.startGSI(Self.everyone)
        let outcome = try await server.cli("create", "lfn", "pfn", proxy: proxy)
        #expect(outcome.status == 0, "\(outcome.errors)")
        for channel in ["wrap", "clear"] {
            let peer = try await server.peer(
                "--channel", channel, proxy: proxy, input: "lrc_get_pfn|lfn|0|0|\t11\nlrc_bogus|\t12\n")
            #expect(peer.output == "0|\n0|lfn|pfn||\n8|lrc_bogus|\n", "\(channel): \(peer.errors)")
        }
    }

    @Test(arguments: [
        ("expired-rfc", "expired"), ("future-rfc", "notYetValid"), ("revoked-rfc", "revoked"),
        ("mallory-rfc", "unknownAuthority"), ("bob-legacy", "key usage"),
    ])
    func keepsOut(_ proxy: String, cause: String) async throws {
        let server = try await ServerProcess.startGSI(["acl .*: all", "allow_clear_channel true", "log_updates true"])
        let outcome = try await server.cli("create", "lfn", "pfn", proxy: proxy)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("broke the handshake off: it does not accept the certificate"))
        #expect(await server.waitForLog(cause))
        for channel in ["wrap", "clear"] {
            let peer = try await server.peer("--channel", channel, proxy: proxy, input: "lrc_get_pfn|lfn|0|0|\t11\n")
            #expect(peer.status == 1 && peer.output.isEmpty, "\(channel): \(peer.output)")
        }
        #expect(!server.logText.contains("update"))
    }

    /// The certificate's names that host authorisation takes: `host/NAME`, a bare name, a subjectAltName.
    @Test(arguments: ["host", "host-plain", "host-san", "host-cn"])
    func authorisesTheServer(_ host: String) async throws {
        let server = try await ServerProcess.startGSI(Self.everyone, host: host)
        let outcome = try await server.admin("-p")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let peer = try await server.peer("--channel", "wrap", input: "admin|0|\t2\n")
        #expect(peer.output == "0|\n0|\n", "\(peer.errors)")
    }

    @Test func refusesAnotherHost() async throws {
        let server = try await ServerProcess.startGSI(Self.everyone, host: "host-wrong")
        let outcome = try await server.admin("-p")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("is for another host") && outcome.errors.contains("wrong.example.org"))
    }

    private func messages(_ environment: [String: String], _ server: ServerProcess) async throws -> String {
        let certificates = try await TestAuthority.shared.file("certificates")
        let base = ["X509_USER_PROXY": "", "X509_CERT_DIR": certificates, "HOME": "/nonexistent"]
        let outcome = try await Program.admin.run(["-p", server.url], environment: base.merging(environment) { $1 })
        #expect(outcome.status == 1)
        return outcome.errors
    }

    @Test func saysWhatIsWrongWithTheClient() async throws {
        let server = try await ServerProcess.startGSI(Self.everyone)
        let authority = try await TestAuthority.shared
        let missing = try await messages(["X509_USER_PROXY": "/nonexistent/proxy"], server)
        #expect(missing.contains("/nonexistent/proxy: No such file") && missing.contains("grid-proxy-init"))
        let expired = try await messages(["X509_USER_PROXY": authority.proxy("alice-expired")], server)
        #expect(expired.contains("expired since 20") && expired.contains("/CN=Alice/"))
        let locked = try await messages(
            [
                "X509_USER_CERT": authority.file("users/locked/usercert.pem"),
                "X509_USER_KEY": authority.file("users/locked/userkey.pem"),
            ], server)
        #expect(locked.contains("protected by a pass phrase"))
        let trust = authority.environment(proxy: "alice-rfc").merging(["X509_CERT_DIR": "/nonexistent"]) { $1 }
        #expect(try await messages(trust, server).contains("no directory of trusted certificate authorities"))
        let empty = try TemporaryDirectory()
        let stranger = trust.merging(["X509_CERT_DIR": empty.path]) { $1 }
        #expect(try await messages(stranger, server).contains("is not among those trusted here"))
        let open = try TemporaryDirectory()
        let text = try String(contentsOfFile: authority.proxy("alice-rfc"), encoding: .utf8)
        let readable = try open.write(text, to: "proxy.pem")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: readable)
        #expect(try await messages(["X509_USER_PROXY": readable], server).contains("chmod 600"))
    }

    @Test func aCertificateWithoutProxy() async throws {
        let server = try await ServerProcess.startGSI(["acl CN=Carol: lrc_read"])
        let authority = try await TestAuthority.shared
        let outcome = try await Program.admin.run(
            ["-p", server.url],
            environment: [
                "X509_USER_PROXY": "", "X509_CERT_DIR": authority.file("certificates"),
                "X509_USER_CERT": authority.file("users/carol/usercert.pem"),
                "X509_USER_KEY": authority.file("users/carol/userkey.pem"),
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func saysThatTheOtherSideHasNoGSI() async throws {
        let plain = try await ServerProcess.start()
        let outcome = try await Program.admin.run(
            ["-p", "rls://localhost:\(plain.port)"], environment: try await TestAuthority.shared.environment())
        #expect(outcome.errors.contains("without authentication is named rlsn://"))
        let server = try await ServerProcess.startGSI(Self.everyone + ["handshake_timeout 1"])
        let open = try await server.admin("-p", at: "rlsn://127.0.0.1:\(server.port)")
        #expect(open.errors.contains("wants authentication: use rls://"))
    }

    @Test(arguments: ["host-expired/hostcert.pem", "nowhere.pem", "users/locked/usercert.pem"])
    func refusesToStartWithout(_ certificate: String) async throws {
        let authority = try await TestAuthority.shared
        let directory = try TemporaryDirectory()
        let key = certificate.replacing("cert.pem", with: "key.pem")
        let outcome = try await Program.server.run([
            "-d", "-l", "--set", "authentication=true", "--set", "port=0", "--set",
            "lrc_db_url=sqlite:\(directory.file("lrc.db"))",
            "--set", "rlscertfile=\(authority.file(certificate))", "--set", "rlskeyfile=\(authority.file(key))",
        ])
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("no host certificate") && outcome.errors.contains(certificate.dropLast(8)))
    }

    /// A proxy that ends, a certificate that is revoked, and a host certificate that is renewed, all while the server runs.
    @Test func timePasses() async throws {
        // The time of the short proxy is not for compiling. All of it is waited for.
        _ = try await GlobusPeer.shared.value
        let authority = try await TestAuthority(short: Int(max(30, Patience.seconds(15))))
        let server = try await ServerProcess.startGSI(Self.everyone, authority: authority)
        // Sleeps until its credential ends: the server then closes the connection.
        let short = try await server.peer(proxy: "alice-short", input: "admin|0|\t2\nadmin|0|\t0\n")
        #expect(short.output.hasPrefix("0|\n0|\n"), "\(short.errors)")
        let waiting = try await server.peer(
            "--channel", "clear", proxy: "alice-short", input: "lrc_get_pfn|none|0|0|\t99\n")
        #expect(waiting.status == 1)
        #expect(await server.waitForLog("cause=credentialExpired"))

        #expect(try await server.admin("-p", proxy: "bob-rfc").status == 0)
        try await authority.revoke("bob")
        let files = FileManager.default
        for name in ["hostcert.pem", "hostkey.pem"] {
            try files.removeItem(atPath: authority.file("host/\(name)"))
            try files.copyItem(atPath: authority.file("host-renewed/\(name)"), toPath: authority.file("host/\(name)"))
        }
        #expect(try await server.admin("-p", proxy: "bob-rfc").status == 1)
        #expect(await server.waitForLog("revoked"))
        #expect(server.logText.contains("host certificate reread"))
        #expect(try await server.admin("-p").status == 0)
        // What cannot be read does not end the service.
        try files.removeItem(atPath: authority.file("host/hostkey.pem"))
        #expect(try await server.admin("-p").status == 0)
        #expect(await server.waitForLog("host certificate refused, the old one stays"))
    }
}
