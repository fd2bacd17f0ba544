import RLSTestSupport
import Testing

/// rls-admin on catalogs and the index that they update.
@Suite struct IndexAdminTests {
    private let site: IndexedCatalogs
    private var one: ServerProcess { site.one }
    private var two: ServerProcess { site.two }
    private var index: ServerProcess { site.index }

    init() async throws { site = try await IndexedCatalogs() }

    @Test func indexServersOfACatalog() async throws {
        let none = try await one.admin("-s")
        #expect(none.output.isEmpty && none.errors == "\(one.url) updates no index server\n" && none.status == 0)
        #expect(try await one.admin("-a", index.url, "lfn*").status == 0)
        #expect(try await one.admin("-a", index.url, "x*").status == 0)
        #expect(try await one.admin("-a", index.url, "x*").errors == "RLI already exists: \(index.url)\n")
        let gap = String(repeating: " ", count: 33 - index.url.count)
        #expect(try await one.admin("-s").output == "  \(index.url)\(gap)lfn*\n  \(index.url)\(gap)x*\n")
        #expect(try await one.admin("-d", index.url, "x*").status == 0)
        #expect(try await one.admin("-d", index.url, "y*").errors == "RLI doesn't exist: \(index.url): y*\n")
        #expect(try await one.admin("-d", index.url).status == 0)
        #expect(try await one.admin("-A", index.url).status == 0)
        #expect(try await one.admin("-s").output == "  \(index.url)\(gap)all LFNs\n")
        #expect(try await one.admin("-d", index.url).status == 0)
        #expect(try await one.admin("-s").output.isEmpty)
    }

    @Test func patternsChooseNames() async throws {
        #expect(try await one.cli("bulk", "create", "lfn1", "p1", "other", "p").status == 0)
        #expect(try await one.admin("-a", index.url, "lfn*").status == 0)
        #expect(
            try await site.outputs("  lfn1: \(one.url)\n") { try await index.cli("query", "rli", "lfn", "lfn1") })
        #expect(try await index.cli("query", "rli", "lfn", "other").status == 1)
    }

    @Test func statistics() async throws {
        try await site.fill("-a")
        let sends = try await one.admin("-S").output
        #expect(sends.contains("  update method: lfnlist\n"))
        #expect(sends.contains("  updates lfnlist:     \(index.url) last "))
        let receives = try await index.admin("-S").output
        for line in [
            "RLI stats", "  updated by: \(one.url) last ", "  updated by: \(two.url) last ", "  updated via lfnlists",
            "  numlfn: 3", "  numlrc: 2", "  numsender: 2", "  nummap: 4",
        ] { #expect(receives.contains(line), "\(line) in \(receives)") }
    }

    @Test(arguments: ["-a", "-A"]) func status(kind: String) async throws {
        let nothing = try await one.admin("status")
        #expect(nothing.output.isEmpty && nothing.status == 0)
        try await site.fill(kind)
        // The index shows a name before its sender has taken note of the answer.
        #expect(try await site.waitUntil { try await one.admin("status").output.contains(" ago ") })
        let sends = try await one.admin("status").output.split(separator: "\n")
        #expect(sends.count == 2 && sends[1].contains(index.url) && sends[1].hasPrefix("  sends"))
        #expect(sends[1].contains(kind == "-a" ? " list" : " filter"))
        let receives = try await index.admin("--status", "--json").output
        #expect(receives.contains(#""direction":"receives","server":"\#(one.url)""#))
        await index.killHard()
        #expect(try await one.cli("create", "new", "p").status == 0)
        #expect(
            try await site.waitUntil {
                let output = try await one.admin("--json", "status").output
                return output.contains(#""error":"#) && !output.contains(#""error":"""#)
            })
        #expect(try await one.admin("status").status == 0)
    }

    @Test func updatesOnDemand() async throws {
        let slow = try await ServerProcess.start(["update_immediate false", "update_ll_int 86400"])
        #expect(try await slow.cli("create", "a", "p").status == 0)
        #expect(try await slow.admin("-a", index.url).status == 0)
        #expect(try await slow.admin("-u").status == 0)
        #expect(try await site.outputs("  a: p\n") { try await index.cli("locate", "a") })
        #expect(try await slow.cli("create", "b", "p").status == 0)
        #expect(try await slow.admin("-u").status == 0)
        #expect(try await site.outputs("  b: p\n") { try await index.cli("locate", "b") })
    }
}
