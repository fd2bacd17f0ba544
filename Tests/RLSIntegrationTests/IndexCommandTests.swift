import RLSClient
import RLSTestSupport
import Testing

/// Two catalogs and an index that they update, all by commands.
@Suite struct IndexCommandTests {
    /// What makes updates quick enough for a test.
    private static let quick = ["update_immediate true", "update_buftime 0", "update_buftime_ms 50"]

    private let one: ServerProcess
    private let two: ServerProcess
    private let index: ServerProcess

    init() async throws {
        one = try await ServerProcess.start(Self.quick)
        two = try await ServerProcess.start(Self.quick)
        let directory = try TemporaryDirectory()
        index = try await ServerProcess.start(
            ["rli_server true", "rli_db_url sqlite:\(directory.file("rli.db"))"] + Self.quick, in: directory)
    }

    /// Asks until the output is as wanted.
    private func outputs(_ wanted: String, _ ask: () async throws -> Program.Outcome) async throws -> Bool {
        var last = ""
        let isGood = try await waitUntil {
            last = try await ask().output
            return last == wanted
        }
        if !isGood { Issue.record("still:\n\(last)") }
        return isGood
    }

    private func waitUntil(_ condition: () async throws -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(Patience.seconds(20))
        while ContinuousClock.now < end {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    private func fill(_ kind: String) async throws {
        #expect(try await one.cli("bulk", "create", "lfn1", "p1", "lfn2", "p2").status == 0)
        #expect(try await two.cli("bulk", "create", "lfn1", "q1", "lfn3", "q3").status == 0)
        for catalog in [one, two] { #expect(try await catalog.admin(kind, index.url).status == 0) }
        for (name, catalog) in [("lfn2", one), ("lfn3", two)] {
            #expect(
                try await outputs("  \(name): \(catalog.url)\n") {
                    try await index.cli("query", "rli", "lfn", name)
                })
        }
    }

    @Test(arguments: ["-a", "-A"]) func locateSurvivesADeadCatalog(kind: String) async throws {
        try await fill(kind)
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
        try await fill("-a")
        #expect(try await one.cli("delete", "lfn2", "p2").status == 0)
        #expect(try await index.cli("locate", "lfn2").errors == "LFN doesn't exist: lfn2\n")
        #expect(try await outputs("") { try await index.cli("query", "rli", "lfn", "lfn2") })
        #expect(try await one.cli("create", "lfn4", "p4").status == 0)
        #expect(try await outputs("  lfn4: p4\n") { try await index.cli("locate", "lfn4") })
    }

    @Test func queries() async throws {
        try await fill("-a")
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
        try await fill("-A")
        #expect(try await index.cli("query", "rli", "lfn", "lfn2").output == "  lfn2: \(one.url)\n")
        #expect(try await index.cli("query", "wildcard", "rli", "lfn", "lfn*").status == 1)
    }

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
            try await outputs("  lfn1: \(one.url)\n") { try await index.cli("query", "rli", "lfn", "lfn1") })
        #expect(try await index.cli("query", "rli", "lfn", "other").status == 1)
    }

    @Test func statistics() async throws {
        try await fill("-a")
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
        try await fill(kind)
        // The index shows a name before its sender has taken note of the answer.
        #expect(try await waitUntil { try await one.admin("status").output.contains(" ago ") })
        let sends = try await one.admin("status").output.split(separator: "\n")
        #expect(sends.count == 2 && sends[1].contains(index.url) && sends[1].hasPrefix("  sends"))
        #expect(sends[1].contains(kind == "-a" ? " list" : " filter"))
        let receives = try await index.admin("--status", "--json").output
        #expect(receives.contains(#""direction":"receives","server":"\#(one.url)""#))
        await index.killHard()
        #expect(try await one.cli("create", "new", "p").status == 0)
        #expect(
            try await waitUntil {
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
        #expect(try await outputs("  a: p\n") { try await index.cli("locate", "a") })
        #expect(try await slow.cli("create", "b", "p").status == 0)
        #expect(try await slow.admin("-u").status == 0)
        #expect(try await outputs("  b: p\n") { try await index.cli("locate", "b") })
    }
}
