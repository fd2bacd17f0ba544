import RLSClient
import RLSCore
import RLSTestSupport
import Testing

/// What the client of an index sends and understands, byte by byte.
@Suite struct IndexClientTests {
    private func client(_ exchanges: [(request: String, reply: String)]) async throws -> (FakeServer, IndexClient) {
        let server = try FakeServer(exchanges, otherwise: .refuses)
        return (server, try await IndexClient.connect(to: server.address))
    }

    @Test func lookups() async throws {
        let (server, index) = try await client([
            ("rli_get_lrc|a|0|0|", "0|a|rlsn://x|a|rlsn://y||"),
            ("rli_get_lrc_bulk|a|b|c||", "0|0|a|rlsn://x|12|b|0|c|rlsn://y||"),
            ("rli_mapping_exists|a|rlsn://x|", "0|"), ("rli_mapping_exists|a|rlsn://z|", "10|a,rlsn://z|"),
        ])
        #expect(try await index.locations(of: "a").map(\.lrc) == ["rlsn://x", "rlsn://y"])
        #expect(try await index.locations(of: ["a", "b", "c"]).map(\.lfn) == ["a", "c"])
        try await index.exists(IndexedLocation(lfn: "a", lrc: "rlsn://x"))
        await #expect(throws: CatalogError(.mappingNotFound, "a,rlsn://z")) {
            try await index.exists(IndexedLocation(lfn: "a", lrc: "rlsn://z"))
        }
        #expect(server.connections == 1)
    }

    /// Servers before 4 do not mark a page that stopped early.
    @Test func pages() async throws {
        let (server, index) = try await client([
            ("rli_get_lrc_wc|l%|0|2|", "0|l3|u|l2|u|\u{01}|"), ("rli_get_lrc_wc|l%|2|2|", "0|l1|u||"),
            ("rli_get_lrc_wc|m%|0|1|", "0|m|u||"), ("rli_get_lrc_wc|m%|1|1|", "12|m%|"),
        ])
        let found = try await index.locations(matching: SQLPattern(glob: "l*"), limit: 2)
        #expect(found.map(\.lfn) == ["l3", "l2", "l1"])
        #expect(try await index.locations(matching: SQLPattern("m%"), limit: 1).map(\.lfn) == ["m"])
        #expect(server.connections == 1)
    }

    @Test func existence() async throws {
        let (server, index) = try await client([
            ("rli_exists|a|2|", "0|"), ("rli_exists|rls://x|3|", "16|rls://x,3|"),
        ])
        try await index.exists(.lfn, "a")
        await #expect(throws: CatalogError(.lrcNotFound, "rls://x,3")) { try await index.exists(.lrc, "rls://x") }
        #expect(server.connections == 1)
        let bulk = try FakeServer([("rli_exists_bulk|2|a|b||", "0|0|a|12|b||")])
        #expect(
            try await Program.cli.run(["bulk", "exists", "rli", "lfn", "a", "b", bulk.url]).output
                == "  a: exists\n  b: LFN doesn't exist\n")
    }

    @Test func senders() async throws {
        let (server, index) = try await client([("rli_sender_list|", "0|rls://x|12|rls://y|0||")])
        #expect(try await index.senders().map(\.lastUpdate) == [12, 0])
        let (lonely, none) = try await client([("rli_sender_list|", "16|Not updated by any LRC servers|")])
        #expect(try await none.senders().isEmpty)
        let (old, legacy) = try await client([])
        await #expect(throws: CatalogError(.badMethod, "rli_sender_list")) { try await legacy.senders() }
        #expect([server, lonely, old].allSatisfy { $0.connections == 1 })
    }

    /// They would end the list, or be a request of their own.
    @Test func namesThatCutARequestInTwoAreNotSent() async throws {
        let (server, index) = try await client([])
        for name in ["", "a\0stats", ByteString([UInt8](repeating: 0x61, count: 4_097))] as [ByteString] {
            await #expect(throws: CatalogError(.badArgument, name)) { try await index.locations(of: name) }
            await #expect(throws: CatalogError(.badArgument, name)) { try await index.locations(of: ["a", name]) }
            await #expect(throws: CatalogError(.badArgument, name)) { try await index.exists(.lfn, name) }
        }
        #expect(server.connections == 1)
    }
}
