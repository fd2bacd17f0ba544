import RLSTestSupport
import Testing

/// rls-cli on an index and the catalogs that update it.
@Suite struct IndexCommandTests {
    private let site: IndexedCatalogs
    private var one: ServerProcess { site.one }
    private var two: ServerProcess { site.two }
    private var index: ServerProcess { site.index }

    init() async throws { site = try await IndexedCatalogs() }

    @Test(arguments: ["-a", "-A"]) func locateSurvivesADeadCatalog(kind: String) async throws {
        try await site.fill(kind)
        let all = try await index.cli("locate", "lfn1", "lfn2", "lfn3")
        #expect(all.output == "  lfn1: p1\n  lfn1: q1\n  lfn2: p2\n  lfn3: q3\n" && all.errors.isEmpty)
        await two.killHard()
        let rest = try await index.cli("locate", "lfn1", "lfn2", "lfn3")
        #expect(rest.output == "  lfn1: p1\n  lfn2: p2\n" && rest.status == 1)
        #expect(
            rest.errors == "skipped \(two.url): Connection refused\n"
                + "LFN doesn't exist: lfn3 (it may be at \(two.url), which gave no answer)\n")
    }

    @Test func deletedNamesGo() async throws {
        try await site.fill("-a")
        #expect(try await one.cli("delete", "lfn2", "p2").status == 0)
        #expect(try await index.cli("locate", "lfn2").errors == "LFN doesn't exist: lfn2\n")
        #expect(try await site.outputs("") { try await index.cli("query", "rli", "lfn", "lfn2") })
        #expect(try await one.cli("create", "lfn4", "p4").status == 0)
        #expect(try await site.outputs("  lfn4: p4\n") { try await index.cli("locate", "lfn4") })
    }

    @Test func queries() async throws {
        try await site.fill("-a")
        let urls = [one.url, two.url].sorted()
        let first = "  lfn1: \(urls[0])\n  lfn1: \(urls[1])\n"
        #expect(try await index.cli("query", "rli", "lfn", "lfn1").output == first)
        #expect(try await index.cli("query", "rli", "lfn", "nix").errors == "LFN doesn't exist: nix\n")
        #expect(
            try await index.cli("query", "wildcard", "rli", "lfn", "lfn*").output
                == first + "  lfn2: \(one.url)\n  lfn3: \(two.url)\n")
        #expect(
            try await index.cli("bulk", "query", "rli", "lfn", "lfn2", "nix").output
                == "  lfn2: \(one.url)\n  nix: LFN doesn't exist\n")
        #expect(try await index.cli("exists", "rli", "lfn", "lfn1").output == "  lfn1: exists\n")
        #expect(try await index.cli("exists", "rli", "lrc", one.url).status == 0)
        #expect(try await index.cli("exists", "rli", "lrc", "rls://nix").status == 1)
        #expect(
            try await index.cli("bulk", "exists", "rli", "lfn", "lfn3", "nix").output
                == "  lfn3: exists\n  nix: LFN doesn't exist\n")
        #expect(
            try await index.cli("bulk", "exists", "rli", "lrc", "rls://nix").output
                == "  rls://nix: LRC doesn't exist\n")
        #expect(
            try await index.cli("--json", "query", "rli", "lfn", "lfn2").output
                == #"{"lfn":"lfn2","lrc":"\#(one.url)"}"# + "\n")
    }

    @Test func filtersCannotBeSearched() async throws {
        try await site.fill("-A")
        #expect(try await index.cli("query", "rli", "lfn", "lfn2").output == "  lfn2: \(one.url)\n")
        #expect(try await index.cli("query", "wildcard", "rli", "lfn", "lfn*").status == 1)
    }
}
