import Foundation
import RLSClient
import RLSCore
import RLSTestSupport
import Testing

/// What those may do who are in.
@Suite struct AuthorizationTests {
    @Test func gridMapAndFirstMatch() async throws {
        let authority = try await TestAuthority.shared
        let server = try await ServerProcess.startGSI([
            "gridmap \(authority.file("grid-mapfile"))", "acl ^bobby$: lrc_read", "acl ^alice$: all",
        ])
        #expect(try await server.cli("create", "lfn", "pfn").status == 0)
        #expect(try await server.cli("query", "lrc", "lfn", "lfn", proxy: "bob-rfc").output == "  lfn: pfn\n")
        let refused = try await server.cli("add", "lfn", "other", proxy: "bob-rfc")
        #expect(refused.status == 1 && refused.errors.contains("Permission denied"))
        #expect(
            await server.waitForLog(
                "refused address=127.0.0.1 client=/O=Grid/OU=Test/CN=Bob method=lrc_add subject=lfn"))
        #expect(try await server.cli("query", "lrc", "lfn", "lfn").output == "  lfn: pfn\n")
    }

    @Test func nobodyWithoutALine() async throws {
        let server = try await ServerProcess.startGSI(["acl ^bob$: all", "gridmap \(try Self.map("\"/O=Else\" bob"))"])
        let outcome = try await server.cli("query", "lrc", "lfn", "lfn", proxy: "bob-rfc")
        #expect(outcome.errors.contains("Permission denied: /O=Grid/OU=Test/CN=Bob has no rights here"))
        let peer = try await server.peer("--channel", "wrap", proxy: "bob-rfc", input: "lrc_get_pfn|lfn|0|0|\t1\n")
        #expect(peer.status == 1)
        let none = try await ServerProcess.startGSI()
        #expect(try await none.admin("-p").errors.contains("has no rights here"))
    }

    private static let maps = try? TemporaryDirectory()
    private static func map(_ line: String) throws -> String {
        try #require(maps).write(line + "\n", to: UUID().uuidString)
    }

    @Test func limitedProxies() async throws {
        let server = try await ServerProcess.startGSI(["acl CN=Alice: all", "allow_limited_proxy false"])
        let refused = try await server.admin("-p", proxy: "alice-rfc-limited")
        #expect(refused.status == 1 && refused.errors.contains("has no rights here"))
        #expect(await server.waitForLog("proxy=limited"))
        #expect(try await server.admin("-C", "allow_limited_proxy", "true").status == 0)
        #expect(try await server.admin("-p", proxy: "alice-rfc-limited").status == 0)
        #expect(await server.waitForLog("configuration changed address=127.0.0.1 client=/O=Grid/OU=Test/CN=Alice"))
    }

    @Test func attributesOfAVirtualOrganisation() async throws {
        let server = try await ServerProcess.startGSI([
            "acl voms:/test.vo/Role=admin: stats", "acl voms:.*: all", "acl CN=Bob: lrc_read",
        ])
        #expect(try await server.admin("-S", proxy: "alice-voms").status == 0)
        #expect(try await server.cli("create", "a", "b", proxy: "alice-voms").status == 1)
        #expect(try await server.admin("-p", proxy: "alice-rfc").errors.contains("has no rights"))
        // Attributes that nobody trusted has signed count for nothing.
        #expect(try await server.admin("-S", proxy: "bob-voms-untrusted").status == 1)
        #expect(try await server.admin("-p", proxy: "bob-voms-untrusted").status == 0)
        #expect(await server.waitForLog("attributes ignored"))
    }

    /// Rights follow the file without a new connection.
    @Test func rightsChangeByHangup() async throws {
        let server = try await ServerProcess.startGSI(["acl CN=Alice: all", "acl CN=Bob: lrc_read"])
        let file = server.directory.file("server.conf")
        let before = try String(contentsOfFile: file, encoding: .utf8)
        let client = try await server.connect()
        try await client.create(.init(lfn: "a", pfn: "b"))
        let after = before.replacing("acl CN=Alice: all", with: "acl CN=Alice: lrc_read")
        try server.directory.write(after, to: "server.conf")
        server.signal(SIGHUP)
        #expect(await server.waitForLog("configuration reread"))
        await #expect(throws: (any Error).self) { try await client.create(.init(lfn: "c", pfn: "d")) }
        #expect(try await client.mappings(of: .lfn, "a").count == 1)
        try server.directory.write(before, to: "server.conf")
        server.signal(SIGHUP)
        #expect(await server.waitForLog("configuration reread", times: 2))
        try await client.create(.init(lfn: "c", pfn: "d"))
    }

    /// A map that vanishes must not change who somebody is.
    @Test func theMapDoesNotVanishUnnoticed() async throws {
        let directory = try TemporaryDirectory()
        let map = try directory.write("\"/O=Grid/OU=Test/CN=Bob\" limited\n", to: "map")
        let server = try await ServerProcess.startGSI(["gridmap \(map)", "acl ^limited$: lrc_read", "acl CN=: all"])
        let file = server.directory.file("server.conf")
        let before = try String(contentsOfFile: file, encoding: .utf8)
        #expect(try await server.cli("create", "a", "b", proxy: "bob-rfc").status == 1)
        try server.directory.write(before.replacing("gridmap \(map)", with: ""), to: "server.conf")
        server.signal(SIGHUP)
        #expect(await server.waitForLog("is gone"))
        #expect(try await server.cli("create", "a", "b", proxy: "bob-rfc").status == 1)
        #expect(try await server.admin("-C", "gridmap", "").status == 0)
        #expect(try await server.cli("create", "a", "b", proxy: "bob-rfc").status == 0)
    }

    /// Who has lost all rights is turned away at the next request.
    @Test func losingAllRights() async throws {
        let server = try await ServerProcess.start(["acl ^anonymous$: all"])
        try await blocking {
            let client = try RawClient(port: server.port)
            #expect(try client.exchange("set_configuration|acl|^nobody$: all|", "0|0|"))
            #expect(try client.exchange("admin|0|", "7|anonymous has no rights here|"))
            #expect(try client.receiveUntilClosed() == "")
        }
    }

    @Test func rightsChangeByCommand() async throws {
        let directory = try TemporaryDirectory()
        let map = try directory.write("\"/O=Grid/OU=Test/CN=Bob\" operator\n", to: "map")
        let server = try await ServerProcess.startGSI(["acl CN=Alice: all", "acl ^operator$: lrc_read"])
        #expect(try await server.admin("-p", proxy: "bob-rfc").status == 1)
        #expect(try await server.admin("-C", "gridmap", map).status == 0)
        #expect(try await server.admin("-p", proxy: "bob-rfc").status == 0)
        #expect(try await server.admin("-C", "gridmap", map + ".none").status == 1)
        #expect(try await server.admin("-C", "acl", "CN=Bob: all;CN=Alice: stats").status == 0)
        #expect(try await server.cli("create", "a", "b", proxy: "bob-rfc").status == 0)
        #expect(try await server.cli("create", "c", "d").status == 1)
    }

    @Test func updatesAreLoggedOnRequest() async throws {
        let server = try await ServerProcess.startGSI(["acl CN=Alice: all", "log_updates true"])
        #expect(try await server.cli("create", "lfn one", "pfn\ntwo").status == 0)
        #expect(try await server.cli("create", "lfn one", "pfn").status == 1)
        let who = "address=127.0.0.1 client=/O=Grid/OU=Test/CN=Alice"
        #expect(await server.waitForLog("update action=create \(who.split(separator: " ")[0])"))
        #expect(server.logText.contains("code=0 subject=\"lfn one,pfn\\ntwo\""))
        #expect(server.logText.contains("code=11 subject=\"lfn one,pfn\""))
    }

    /// A right for some names is none for the server, nor a way round another line.
    @Test func limitedLinesGiveNoMoreThanTheySay() async throws {
        let server = try await ServerProcess.start([
            "acl .*: lrc_update names=/secret/*", "acl .*: lrc_read lrc_update stats",
        ])
        let exchanges: [(String, String)] = [
            ("lrc_create|/secret/1|p|", "0|"), ("lrc_create|/open/1|p|", "0|"),
            ("lrc_get_pfn|/open/1|0|0|", "0|/open/1|p||"),
            ("lrc_get_pfn|/secret/1|0|0|", "7|/secret/1|"),
            ("lrc_get_lfn|p|0|0|", "7|allowed for some logical names only|"),
            ("lrc_export|%|||0|", "7|allowed for some logical names only|"),
            ("lrc_attr_search|n|0|0|||0|0|", "7|allowed for some logical names only|"),
            ("lrc_renamepfn|p|q|", "0|"), ("get_configuration|all|", "7|get_configuration|"),
            ("set_configuration|acl|.*: all|", "7|set_configuration|"), ("admin|1|", "7|admin|"),
        ]
        try await blocking {
            let client = try RawClient(port: server.port)
            #expect(try client.receive("0|") == "0|")
            for (request, reply) in exchanges { #expect(try client.exchange(request, reply), "\(request)") }
        }
        #expect(await server.waitForLog("method=lrc_export subject=%"))
        #expect(server.logText.contains("method=lrc_get_pfn subject=/secret/1"))
    }

    /// What a line with `names=` allows and what not, method by method.
    @Test func limitedToNames() async throws {
        let server = try await ServerProcess.start([
            "acl .*: lrc_read lrc_update names=/a/*", "acl .*: lrc_read names=/b/?",
        ])
        let exchanges: [(String, String)] = [
            ("lrc_create|/a/1|p|", "0|"), ("lrc_create|/b/1|p|", "7|/b/1|"), ("lrc_create|/c/1|p|", "7|/c/1|"),
            ("lrc_add|/a/1|q|", "0|"), ("lrc_get_pfn|/a/1|0|0|", "0|/a/1|p|/a/1|q||"),
            ("lrc_get_pfn|/b/1|0|0|", "12|/b/1|"), ("lrc_get_pfn|/b/12|0|0|", "7|/b/12|"),
            ("lrc_get_lfn|p|0|0|", "7|allowed for some logical names only|"),
            ("lrc_get_pfn_wc|/a/%|0|1|", "0|/a/1|p|\u{1}|"), ("lrc_get_pfn_wc|%|0|0|", "7|%|"),
            ("lrc_get_pfn_wc|/b/1|0|0|", "12|/b/1|"), ("lrc_get_pfn_wc|/b/%|0|0|", "7|/b/%|"),
            ("lrc_renamelfn|/a/1|/b/2|", "7|/b/2|"), ("lrc_renamelfn|/a/1|/a/2|", "0|"),
            ("lrc_create_bulk|/a/3|p|/c/3|p|||", "0|7|/c/3|p||"), ("lrc_get_pfn_bulk|/a/3|/c/3||", "7|/c/3|"),
            ("lrc_exists|/a/3|0|", "0|"), ("lrc_exists|p|1|", "7|allowed for some logical names only|"),
            ("lrc_mapping_exists|/a/3|p|", "0|"), ("lrc_mapping_exists|/c/3|p|", "7|/c/3|"),
            ("lrc_attr_create|n|0|3|", "7|allowed for some logical names only|"), ("lrc_attr_get||0|", "0||"),
            ("lrc_attr_value_get|/c/3|n|0|", "7|/c/3|"),
            ("lrc_export|/a/%|||0|", "7|allowed for some logical names only|"),
            ("lrc_clear|", "7|lrc_clear|"), ("get_configuration|all|", "7|get_configuration|"),
            ("lrc_delete|/c/3|p|", "7|/c/3|"), ("lrc_delete|/a/3|p|", "0|"),
        ]
        try await blocking {
            let client = try RawClient(port: server.port)
            #expect(try client.receive("0|") == "0|")
            for (request, reply) in exchanges { #expect(try client.exchange(request, reply), "\(request)") }
        }
    }
}
