import Foundation
import RLSClient
import RLSCore
import RLSTestSupport
import RLSWire
import Testing

/// Clients that do not mean to finish the handshake, and many that do. One test at a time: they leave each other no processor.
@Suite(.serialized) struct HostileHandshakeTests {
    private static let lines = ["acl CN=Alice: all", "allow_clear_channel true"]

    @Test(arguments: [
        "lrc_get_pfn|a|0|0|", "GET / HTTP/1.1\r\n\r\n", "\u{0}\u{0}\u{1}\u{0}", "|||\u{1}\u{16}",
        "\u{16}\u{3}\u{1}||||",
        "\u{16}\u{3}\u{1}|\u{4}abcd", "||||", "\u{7f}ELF", "||\u{1}|\u{16}\u{3}\u{1}||",
    ])
    func garbage(_ text: String) async throws {
        let server = try await ServerProcess.startGSI(Self.lines + ["handshake_timeout 60"])
        let connected = try await server.connect()
        try await Self.giveHandshakes(3, connected)
        try await blocking {
            let client = try RawClient(port: server.port)
            try client.send(text)
            _ = try client.receiveUntilClosed()
        }
        #expect(await server.waitForLog("authentication failed"))
        try await Self.giveHandshakes(60, connected)
        #expect(try await server.admin("-p").status == 0)
    }

    private static func giveHandshakes(_ seconds: Int, _ client: CatalogClient) async throws {
        _ = try await client.connection.call(
            Methods.setConfiguration, WordPairArguments("handshake_timeout", ByteString("\(seconds)")))
    }

    @Test func theClearChannelIsOffByDefault() async throws {
        let server = try await ServerProcess.startGSI(["acl .*: all"])
        let peer = try await server.peer("--channel", "clear", input: "lrc_get_pfn|a|0|0|\t1\n")
        #expect(peer.status == 1 && peer.output.isEmpty)
        #expect(await server.waitForLog("allow_clear_channel is off"))
        let own = try await server.admin("-p", at: server.url + "?channel=clear")
        #expect(own.status == 1 && own.errors.contains(", no clear channel"))
        #expect(try await server.admin("-C", "allow_clear_channel", "true").status == 0)
        #expect(try await server.admin("-p", at: server.url + "?channel=clear").status == 0)
        #expect(try await server.peer("--channel", "clear", input: "admin|0|\t2\n").output == "0|\n0|\n")
    }

    /// Clients on the path of a clear channel can pretend to be anybody: nobody administers over one.
    @Test func nobodyAdministersOverAClearChannel() async throws {
        let server = try await ServerProcess.startGSI(Self.lines)
        let clear = server.url + "?channel=clear"
        #expect(try await server.cli("create", "a", "b", at: clear).status == 0)
        #expect(try await server.admin("-C", "loglevel", "debug", at: clear).errors.contains("Permission denied"))
        #expect(try await server.admin("-q", at: clear).errors.contains("Permission denied"))
        #expect(try await server.admin("-C", "loglevel", "debug").status == 0)
        #expect(try await server.cli("query", "lrc", "lfn", "a", at: clear).output == "  a: b\n")
    }

    /// A TLS client that shows no certificate completes the library's handshake.
    @Test func aClientWithoutCertificate() async throws {
        let server = try await ServerProcess.startGSI(Self.lines)
        let outcome = try await Executable(path: "/bin/sh").run([
            "-c",
            "(printf 0; sleep 2; printf 'lrc_create\\0a\\0b\\0') | openssl s_client -quiet -connect 127.0.0.1:\(server.port)",
        ])
        #expect(!outcome.output.contains("0\0"))
        #expect(await server.waitForLog("the other side has shown no certificate"))
    }

    /// Stalled handshakes cost their slots until their time is up, and nothing else.
    @Test func stalledHandshakes() async throws {
        let server = try await ServerProcess.startGSI(Self.lines + ["max_handshakes 20", "loglevel debug"])
        let connected = try await server.connect()
        #expect(try await server.admin("-C", "handshake_timeout", "2").status == 0)
        let replies = try await blocking {
            let clients = try (0..<25).map { _ in try RawClient(port: server.port) }
            for client in clients.prefix(5) { try client.send("||\u{1}") }
            return try clients.map { try $0.receiveUntilClosed() }
        }
        #expect(replies.count { $0.hasPrefix("7|this server wants authentication") } >= 15)
        #expect(replies.count { $0.isEmpty } >= 5)
        #expect(await server.waitForLog("reason=busy"))
        #expect(await server.waitForLog("reason=silence", times: 10))
        try await connected.create(.init(lfn: "a", pfn: "b"))
    }

    @Test(arguments: ["wrap", "clear"]) func delegation(_ channel: String) async throws {
        let server = try await ServerProcess.startGSI(Self.lines)
        let delegation = channel == "wrap" ? "full" : "none"
        let peer = try await server.peer(
            "--channel", channel, "--delegation", delegation, input: "lrc_create|a|b|\t2\nlrc_get_pfn|a|0|0|\t7\n")
        #expect(peer.output == "0|\n0|\n0|a|b||\n", "\(peer.errors)")
    }

    /// Requests and replies of many frames, through the original's library.
    @Test func longMessages() async throws {
        let server = try await ServerProcess.startGSI(Self.lines)
        let pairs = (0..<20_000).map { "lfn\($0)|pfn-\($0)-\(String(repeating: "x", count: 60))|" }.joined()
        let peer = try await server.peer(
            "--channel", "wrap", input: "lrc_create_bulk|\(pairs)|\t3\nlrc_get_pfn_wc|lfn%|0|0|\t500000\n")
        #expect(peer.output.hasPrefix("0|\n0||\n0|lfn9999|pfn-9999-"), "\(peer.errors)")
        #expect(peer.output.utf8.count == 3 + 4 + 500_001)
        let client = try await server.connect()
        #expect(try await client.mappings(matching: .init("lfn%"), by: .lfn).count == 20_000)
        #expect(try await client.statistics().lrcLFNs == 20_000)
    }

    @Test func fiveHundredAtOnce() async throws {
        let server = try await ServerProcess.startGSI(Self.lines + ["handshake_timeout 60"])
        try await server.connect().create(.init(lfn: "a", pfn: "b"))
        let found = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<500 {
                group.addTask {
                    let client = try await CatalogClient.connect(to: server.address, timeout: .seconds(60))
                    let count = try await client.mappings(of: .lfn, "a").count
                    await client.connection.close()
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(found == 500)
    }

    /// Clients that are in the middle of a handshake do not hold up the end.
    @Test func stopsDuringHandshakes() async throws {
        let server = try await ServerProcess.startGSI(Self.lines)
        let clients = try await blocking { try (0..<10).map { _ in try RawClient(port: server.port) } }
        let (status, seconds) = await server.stop()
        #expect(status == 0)
        #expect(seconds < Patience.seconds(5))
        withExtendedLifetime(clients) {}
    }
}
