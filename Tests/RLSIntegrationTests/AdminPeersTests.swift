import RLSTestSupport
import Testing

/// rls-admin against index servers of other versions.
@Suite struct AdminPeersTests {
    private let oldStats = "0|1.1.5|43|7|900|86400|2|2|2|5|1|6|"
    private let newStats = "0|4.2.1|43|14|900|86400|0|0|0|5|1|3|6|"

    /// The lines behind the version and the uptime, without times.
    private func statistics(_ server: FakeServer) async throws -> [String] {
        let outcome = try await Program.admin.run(["-S", server.url])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        return outcome.output.split(separator: "\n").dropFirst(2).map {
            String($0).replacing(/last \d\d\/\d\d\/\d\d \d\d:\d\d:\d\d/, with: "last DATE")
        }
    }

    @Test func statisticsOfTheOriginal() async throws {
        let server = try FakeServer(
            [
                ("stats|", oldStats), ("lrc_rli_list|", "0|rls://i:39281|86400|0|1795264790||"),
                ("rli_lrc_list|", "0|rls://lrc:39281|1795264790||"),
            ], otherwise: .refuses)
        #expect(
            try await statistics(server) == [
                "LRC stats", "  updates lfnlist:     rls://i:39281 last DATE", "  lfnlist update interval: 86400",
                "  bloomfilter update interval: 900", "  numlfn: 2", "  numpfn: 2", "  nummap: 2", "RLI stats",
                "  updated by: rls://lrc:39281 last DATE", "  updated via lfnlists", "  numlfn: 5", "  numlrc: 1",
                "  nummap: 6",
            ])
        #expect(
            try await Program.admin.run(["status", server.url]).errors
                == "\(server.url) is too old to tell how its updates fare; -S says when the last were\n")
    }

    @Test func statisticsOfAnIndexInAHierarchy() async throws {
        let server = try FakeServer(
            [
                ("stats|", newStats), ("rli_sender_list|", "0|rls://a|1795264790|rls://b|0||"),
                ("rli_rli_list|", "0|rls://up|900|1|1795264790||"),
            ])
        #expect(
            try await statistics(server) == [
                "RLI stats", "  updated by: rls://a last DATE", "  updated by: rls://b last never",
                "  updated via lfnlists", "  updated via bloomfilters", "  updates bloomfilter: rls://up last DATE",
                "  numlfn: 5", "  numlrc: 1", "  numsender: 3", "  nummap: 6",
            ])
        let json = try await Program.admin.run(["--json", "-S", server.url]).output
        #expect(json.contains(#""updated_by":[{"url":"rls://a","last_update":1795264790},"#))
        #expect(json.contains(#""index_updates":[{"url":"rls://up","kind":"bloomfilter","interval":900"#))
    }

    /// By what `stats` says, and without the right to it by trial.
    @Test(arguments: [true, false]) func aMereIndexUpdatesIndexes(tells: Bool) async throws {
        let server = try FakeServer([
            ("stats|", tells ? newStats : "7|stats|"),
            ("lrc_rli_add|rls://up|0|x*|", "9|not LRC server|"), ("rli_rli_add|rls://up|0|x*|", "0|"),
            ("lrc_rli_delete|rls://up||", "9|not LRC server|"), ("rli_rli_delete|rls://up||", "0|"),
            ("lrc_rli_get_part|||", "9|not LRC server|"), ("rli_rli_get_part|||", "0|rls://up||rls://up2|x*||"),
        ])
        #expect(try await Program.admin.run(["-a", "rls://up", "x*", server.url]).status == 0)
        #expect(try await Program.admin.run(["-d", "rls://up", server.url]).status == 0)
        #expect(
            try await Program.admin.run(["-s", server.url]).output
                == "  rls://up                         all LFNs\n  rls://up2                        x*\n")
        #expect(try await Program.admin.run(["--rli", "-s", server.url]).status == 0)
    }

    @Test func wrongUse() async throws {
        let nobody = "rlsn://127.0.0.1:1"
        func error(_ words: String...) async throws -> String {
            let outcome = try await Program.admin.run(words)
            #expect(outcome.status == 64)
            return String(outcome.errors.prefix { $0 != "\n" })
        }
        #expect(try await error("-a", nobody) == "Error: -a takes RLI [PATTERN], then the server's URL")
        #expect(
            try await error("-a", "http://x", nobody)
                == "Error: `http://x` is no URL of an RLI: rls://HOST[:PORT] or rlsn://HOST[:PORT]")
        #expect(
            try await error("-A", "rls://x", "rls://y", nobody).hasPrefix(
                "Error: `rls://y` stands where a pattern of LFNs is expected"))
        #expect(
            try await error("-d", "rls://x", nobody, "*")
                == "Error: the last word must be the server's URL, not `*`")
        #expect(try await error("-s", "-u", nobody).hasPrefix("Error: give one of"))
        #expect(try await error("status") == "Error: status takes the server's URL")
    }

    @Test func statusAsATable() async throws {
        let relations =
            "0|0|rls://up|1|lfn* x*|1|1|1|1|1000000|1250000|17412|3|Connection refused|"
            + "1|rls://lrc:39281|0||0|0|0|0|12|0|0|0|||"
        let server = try FakeServer([("rls_soft_state|", relations)])
        let lines = try await Program.admin.run(["status", server.url]).output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("  direction  server           kind             patterns  last success"))
        #expect(lines[1].hasPrefix("  sends      rls://up         filter, at once  lfn* x*"))
        #expect(lines[1].contains(" due ") && lines[1].contains(" 1.2 MiB ") && lines[1].contains(" 1.74 "))
        #expect(lines[1].hasSuffix("Connection refused"))
        #expect(lines[2].contains(" never ") && lines[2].hasSuffix(" -"))
        let json = try await Program.admin.run(["--json", "--status", server.url])
        #expect(json.status == 0)
        #expect(json.output.contains(#""direction":"sends","server":"rls://up","kind":"filter""#))
    }
}
