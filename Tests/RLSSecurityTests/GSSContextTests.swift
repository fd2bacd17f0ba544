import Foundation
import NIOCore
import RLSTestSupport
import Testing

@testable import RLSSecurity

/// Both sides of the library's handshake in one process, with certificates of a test authority.
@Suite struct GSSContextTests {
    private let authority: TestAuthority
    private let host: GSSCredential
    private let alice: GSSCredential

    init() async throws {
        authority = try await TestAuthority.shared
        host = try GSSCredential(
            CredentialFiles(certificate: authority.file("host/hostcert.pem"), key: authority.file("host/hostkey.pem")))
        alice = try GSSCredential(CredentialFiles(proxy: authority.proxy("alice-rfc")))
    }

    private struct Failed: Error {
        let error: GSIError
    }

    private func check(_ step: GSSContext.Step) throws -> Bool {
        switch step.outcome {
        case .continues: return false
        case .complete: return true
        case .failed(let error): throw Failed(error: error)
        }
    }

    /// - Parameter alter: changes the n-th token on its way to the acceptor
    private func handshake(
        as client: GSSCredential, to name: String = "localhost", alter: (Int, inout ByteBuffer) -> Void = { _, _ in }
    ) throws -> (GSSContext, GSSContext) {
        let initiator = try GSSContext(.initiator(host: name), client)
        let acceptor = try GSSContext(.acceptor, host)
        var (step, answer, number) = (initiator.step(ByteBuffer()), ByteBuffer(), 0)
        var (clientDone, serverDone) = (try check(step), false)
        while !clientDone || !serverDone {
            var token = step.output
            guard token.readableBytes > 0, number < 10 else { throw CancellationError() }
            alter(number, &token)
            number += 1
            let reply = acceptor.step(token)
            serverDone = try check(reply)
            answer = reply.output
            if clientDone { break }
            step = initiator.step(answer)
            clientDone = try check(step)
        }
        return (initiator, acceptor)
    }

    @Test(arguments: ["alice-rfc", "alice-legacy", "alice-rfc-second", "alice-voms"]) func stripsProxies(_ name: String)
        throws
    {
        let proxy = try GSSCredential(CredentialFiles(proxy: authority.proxy(name)))
        let (initiator, acceptor) = try handshake(as: proxy)
        let peer = try GSIPeer(of: acceptor)
        #expect(peer.dn == "/O=Grid/OU=Test/CN=Alice")
        #expect(!peer.isLimitedProxy)
        #expect(peer.fqans == (name == "alice-voms" ? ["/test.vo/Role=admin", "/test.vo/analysis"] : []))
        #expect(peer.lifetime > .hours(1) && peer.lifetime < .hours(24 * 8))
        #expect(acceptor.isConfidential && initiator.isConfidential)
        let name = try initiator.peerName()
        #expect(name == "/O=Grid/OU=Test/CN=host/localhost")
    }

    @Test(arguments: ["alice-rfc-limited", "alice-legacy-limited"]) func marksLimitedProxies(_ name: String) throws {
        let proxy = try GSSCredential(CredentialFiles(proxy: authority.proxy(name)))
        let (_, acceptor) = try handshake(as: proxy)
        #expect(try GSIPeer(of: acceptor).isLimitedProxy)
    }

    @Test(arguments: [1, 5, 16_383, 16_384, 16_385, 65_536, 1_000_000]) func protects(_ size: Int) throws {
        let (initiator, acceptor) = try handshake(as: alice)
        let text = ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        for (sender, receiver) in [(initiator, acceptor), (acceptor, initiator)] {
            var frame = ByteBuffer()
            try sender.wrap(text, into: &frame)
            #expect(frame.readInteger(as: UInt32.self) == UInt32(frame.readableBytes))
            if size > 100 {
                #expect(!Array(frame.readableBytesView.suffix(40)).elementsEqual(text.readableBytesView.suffix(40)))
            }
            var clear = ByteBuffer()
            try receiver.unwrap(frame, into: &clear)
            #expect(clear == text)
        }
    }

    @Test func noticesTampering() throws {
        let (initiator, acceptor) = try handshake(as: alice)
        var frame = ByteBuffer()
        try initiator.wrap(ByteBuffer(string: "lrc_clear"), into: &frame)
        frame.moveReaderIndex(forwardBy: 4)
        let place = frame.writerIndex - 3
        frame.setInteger(frame.getInteger(at: place, as: UInt8.self)! ^ 1, at: place)
        var clear = ByteBuffer()
        #expect(throws: GSIError.self) { try acceptor.unwrap(frame, into: &clear) }
        #expect(clear.readableBytes == 0)
    }

    @Test func refusesAnotherHost() throws {
        let failure = try #require(throws: Failed.self) { try handshake(as: alice, to: "elsewhere.example.org") }
        #expect(failure.error.reason == .wrongHost)
        #expect(failure.error.description.contains("host@elsewhere.example.org"))
    }

    @Test(arguments: [
        ("revoked-rfc", GSIError.Reason.revoked), ("future-rfc", .notYetValid), ("mallory-rfc", .unknownAuthority),
    ])
    func names(_ proxy: String, reason: GSIError.Reason) throws {
        let credential = try GSSCredential(CredentialFiles(proxy: authority.proxy(proxy)))
        let failure = try #require(throws: Failed.self) { try handshake(as: credential) }
        #expect(failure.error.reason == reason, "\(failure.error)")
    }

    /// Damaged tokens end the handshake or change nothing; nobody gets in under another name.
    @Test func damagedTokens() throws {
        let inputs = ProcessInfo.processInfo.environment["RLS_FUZZ_INPUTS"].flatMap { Int($0) } ?? 20_000
        var random = SeededGenerator(seed: 5)
        for _ in 0..<max(inputs / 100, 50) {
            let which = Int.random(in: 0...1, using: &random)
            let result = try? handshake(as: alice) { number, token in
                guard number == which else { return }
                let bytes = token.readableBytesView
                if Bool.random(using: &random) {
                    token = ByteBuffer(bytes: bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)))
                } else {
                    let place = token.readerIndex + Int.random(in: 0..<bytes.count, using: &random)
                    token.setInteger(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            if let (_, acceptor) = result { #expect(try acceptor.peerName() == "/O=Grid/OU=Test/CN=Alice") }
        }
    }

    @Test(arguments: [
        (#"/O=Grid/CN=host\/a.b"#, "/O=Grid/CN=host/a.b"), (#"/O=Grid/CN=x\/CN=Alice"#, #"/O=Grid/CN=x\/CN=Alice"#),
        (#"/CN=a\/b\/c=d/E=e"#, #"/CN=a/b\/c=d/E=e"#), (#"/CN=a\/b/E=e"#, "/CN=a/b/E=e"), ("/CN=a", "/CN=a"), ("", ""),
        (#"/CN=Robot a\+b"#, "/CN=Robot a+b"), (#"/CN=a\+CN=b"#, #"/CN=a\+CN=b"#), (#"/CN=Andr\xC3\xA9"#, "/CN=André"),
        (#"/CN=\xFF\/a"#, #"/CN=\xFF\/a"#), (#"/CN=a\x0A"#, #"/CN=a\x0A"#), (#"/CN=a\\"#, #"/CN=a\\"#),
        (#"/CN=a\"#, #"/CN=a\"#),
    ])
    func customaryNames(name: String, customary: String) { #expect(DistinguishedName.customary(name) == customary) }

    // MARK: Credentials

    @Test func hostCredentialIsReadAgain() throws {
        let directory = try TemporaryDirectory()
        let files = CredentialFiles(certificate: directory.file("cert.pem"), key: directory.file("key.pem"))
        func install(_ name: String) throws {
            for (source, target) in [("hostcert.pem", files.certificate), ("hostkey.pem", files.key)] {
                try? FileManager.default.removeItem(atPath: target)
                try FileManager.default.copyItem(atPath: authority.file("\(name)/\(source)"), toPath: target)
            }
        }
        try install("host")
        let credential = try HostCredential(files) { _ in }
        let first = credential.current()
        #expect(credential.current() === first)
        try install("host-plain")
        #expect(credential.current().subject == "/O=Grid/OU=Test/CN=localhost")
        try FileManager.default.removeItem(atPath: files.key)
        #expect(credential.current().subject == "/O=Grid/OU=Test/CN=localhost")
    }

    @Test func places() throws {
        let home = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: home.file(".globus"), withIntermediateDirectories: true)
        func client(_ environment: [String: String]) throws -> CredentialFiles {
            try CredentialPlaces(environment: environment.merging(["HOME": home.path]) { $1 }, userID: 4_000_000_001)
                .forClient()
        }
        let error = try #require(throws: GSIError.self) { try client([:]) }
        #expect(error.reason == .noCredential && error.description.contains("/tmp/x509up_u4000000001"))
        try home.write("", to: ".globus/usercert.pem")
        try home.write("", to: ".globus/userkey.pem")
        #expect(try client([:]).key == home.file(".globus/userkey.pem"))
        #expect(
            try client(["X509_USER_CERT": "c", "X509_USER_KEY": "k"]) == CredentialFiles(certificate: "c", key: "k"))
        #expect(
            try client(["X509_USER_CERT": "c", "X509_USER_KEY": "k", "X509_USER_PROXY": "p"])
                == CredentialFiles(proxy: "p"))
        let server = CredentialPlaces(environment: ["X509_USER_CERT": "c", "X509_USER_KEY": "k"])
        #expect(try server.forServer(certificate: "a", key: "b") == CredentialFiles(certificate: "a", key: "b"))
        #expect(try server.forServer(certificate: "", key: "").certificate == "c")
        #expect(throws: GSIError.self) { try server.forServer(certificate: "a", key: "") }
    }

    @Test func fileOrderDoesNotMatter() throws {
        let directory = try TemporaryDirectory()
        let text = try String(contentsOfFile: authority.proxy("alice-rfc"), encoding: .utf8)
        let document = PEMDocument(text)
        #expect(document.certificates.count >= 2 && !document.isKeyEncrypted)
        let key = try #require(document.key)
        let file = try directory.write(
            document.certificates.joined(separator: "\n") + "\nnoise\n" + key + "\n", to: "proxy.pem")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        #expect(try GSSCredential(CredentialFiles(proxy: file)).subject.hasPrefix("/O=Grid/OU=Test/CN=Alice/CN="))
    }
}
