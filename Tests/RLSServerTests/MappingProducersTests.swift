import RLSConfiguration
import RLSTestSupport
import Testing

/// Lists in pages, while others write.
@Suite struct MappingProducersTests {
    private static func rows(_ reply: String) -> [String] {
        let fields = reply.split(separator: "|", omittingEmptySubsequences: false).dropFirst()
        var rows: [String] = []
        var rest = fields[...]
        while rest.count > 2, let name = rest.popFirst(), let partner = rest.popFirst() {
            rows.append("\(name)|\(partner)")
        }
        return rows
    }

    /// Reads page after page, each continued behind the last; `between` writes after each.
    private static func walk(
        _ client: RawClient, _ query: String, limit: Int, between: (Int) throws -> Void = { _ in }
    ) throws -> [String] {
        var found: [String] = []
        for page in 0..<10_000 {
            try client.send("\(query)|\(found.count)|\(limit)|")
            let reply = try client.receiveList(width: 2)
            let rows = Self.rows(reply)
            #expect(rows.count <= limit)
            found += rows
            if !reply.hasSuffix("\u{1}|") { return found }
            try between(page)
        }
        return found
    }

    @Test(arguments: ["lrc_get_pfn_wc|n%", "lrc_get_lfn_wc|p%"])
    func rowsThatStayAreSeenOnce(query: String) async throws {
        try await withServer { server in
            let (reader, writer) = (try server.client(), try server.client())
            let staying = (0..<600).map { "n\($0 + 1_000)/stays|p\($0 % 50)/\($0)" }
            let leaving = (0..<600).map { "n\($0 + 1_000)/goes|p\($0 % 50)/x\($0)" }
            #expect(try writer.exchange("lrc_create_bulk|\((staying + leaving).joined(separator: "|"))||", "0||"))
            var random = SeededGenerator(seed: 6)
            var unwritten = (0..<600).map { "n\($0 + 1_000)/new|p\($0 % 50)/y\($0)" }.shuffled(using: &random)
            var present = leaving.shuffled(using: &random)
            let found = try Self.walk(reader, query, limit: 7) { _ in
                let (new, gone) = (unwritten.prefix(5), present.prefix(5))
                unwritten.removeFirst(new.count)
                present.removeFirst(gone.count)
                let requests = new.map { "lrc_create|\($0)|" } + gone.map { "lrc_delete|\($0)|" }
                let isDone = try writer.exchange(requests.joined(), String(repeating: "0|", count: requests.count))
                #expect(isDone)
            }
            #expect(Set(found).count == found.count)
            #expect(Set(staying).subtracting(found).isEmpty)
            #expect(found.contains { $0.contains("/new") })
            let column = query.hasPrefix("lrc_get_pfn") ? 0 : 1
            let names = found.map { $0.split(separator: "|")[column] }
            #expect(names == names.sorted(by: >))
        }
    }

    @Test(arguments: [1, 2, 3, 100])
    func pagesOfOneName(limit: Int) async throws {
        try await withServer { server in
            let client = try server.client()
            let targets = (0..<40).map { "a|t\($0 + 100)" }
            #expect(try client.exchange("lrc_ensure_bulk|\(targets.joined(separator: "|"))||", "0||"))
            #expect(try Self.walk(client, "lrc_get_pfn|a", limit: limit) == targets)
        }
    }

    @Test func offsetsAndEnds() async throws {
        try await withServer { server in
            let client = try server.client()
            #expect(try client.exchange("lrc_create_bulk|a|1|b|2|c|3||", "0||"))
            // A full page that is the last ends as any last page.
            #expect(try client.exchange("lrc_get_pfn_wc|%|0|3|", "0|c|3|b|2|a|1||"))
            #expect(try client.exchange("lrc_get_pfn_wc|%|1|1|", "0|b|2|\u{1}|"))
            #expect(try client.exchange("lrc_get_pfn_wc|%|3|1|", "0||"))
            #expect(try client.exchange("lrc_get_pfn_wc|%|1000000|0|", "0||"))
            #expect(try client.exchange("lrc_get_pfn_wc|x%|0|1|", "12|x%|"))
            #expect(try client.exchange("lrc_get_pfn_wc|x%|7|1|", "12|x%|"))
            #expect(try client.exchange("lrc_get_pfn|a|1|0|", "0||"))
            #expect(try client.exchange("lrc_get_lfn|3|0|1|", "0|c|3||"))
        }
    }

    @Test func resultLimit() async throws {
        try await withServer {
            $0.resultLimit = 2
        } body: { server in
            let client = try server.client()
            #expect(try client.exchange("lrc_create_bulk|a|1|b|2|c|3||", "0||"))
            #expect(try client.exchange("lrc_get_pfn_wc|%|0|0|", "0|c|3|b|2|\u{1}|"))
            #expect(try client.exchange("lrc_get_pfn_wc|%|2|0|", "0|a|1||"))
            #expect(try client.exchange("lrc_get_pfn_wc|%|0|3|", "6|3|"))
            #expect(try client.exchange("lrc_get_pfn|a|0|3|", "6|3|"))
        }
    }

    /// More than one chunk of a reply: 100 000 rows and several megabytes, each row once and in order.
    @Test func longReplies() async throws {
        try await withServer { server in
            let client = try server.client()
            for part in 0..<4 {
                let pairs = (0..<15_000).map { "lfn\(100_000 + $0 * 4 + part)|one/target/for/all|" }.joined()
                #expect(try client.exchange("lrc_create_bulk|\(pairs)|", "0||"))
            }
            let names = (0..<60_000).map { "lfn\(100_000 + $0)" }
            let wildcard = "0|" + names.reversed().map { "\($0)|one/target/for/all|" }.joined() + "|"
            let exact = "0|" + names.map { "\($0)|one/target/for/all|" }.joined() + "|"
            try client.send("lrc_get_pfn_wc|lfn%|0|0|lrc_get_lfn|one/target/for/all|0|0|admin|0|")
            #expect(try client.receive(wildcard) == wildcard)
            #expect(try client.receive(exact) == exact)
            #expect(try client.receive("0|") == "0|")
            // Few of many rows: the pattern is looked at in more than one turn.
            #expect(try client.exchange("lrc_get_pfn_wc|%159999|0|0|", "0|lfn159999|one/target/for/all||"))
            #expect(try client.exchange("lrc_get_pfn_wc|%nothing|0|0|", "12|%nothing|"))
        }
    }
}
