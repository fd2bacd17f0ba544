import Foundation
import RLSTestSupport
import Testing

/// rls-cli and rls-admin against a real server: output and exit status as scripts of the original expect them.
@Suite struct CommandLineTests {
    let server: ServerProcess

    init() async throws { server = try await ServerProcess.start() }

    @Test func mappings() async throws {
        #expect(try await server.cli("create", "lfn1", "pfn1").status == 0)
        #expect(try await server.cli("add", "lfn1", "pfn2").status == 0)
        #expect(try await server.cli("create", "lfn2", "pfn21").status == 0)
        #expect(try await server.cli("query", "lrc", "lfn", "lfn1").output == "  lfn1: pfn1\n  lfn1: pfn2\n")
        #expect(try await server.cli("query", "lrc", "pfn", "pfn2").output == "  pfn2: lfn1\n")
        #expect(
            try await server.cli("query", "wildcard", "lrc", "lfn", "lfn*").output
                == "  lfn1: pfn1\n  lfn1: pfn2\n  lfn2: pfn21\n")
        #expect(
            try await server.cli("-l", "1", "query", "wildcard", "lrc", "lfn", "l*").output.split(separator: "\n").count
                == 3)
        #expect(try await server.cli("-s", "query", "wildcard", "lrc", "pfn", "pfn2_").output == "  lfn2: pfn21\n")
        #expect(try await server.cli("rename", "lfn", "lfn2", "lfn3").status == 0)
        #expect(try await server.cli("exists", "lrc", "lfn", "lfn3").status == 0)
        #expect(try await server.cli("delete", "lfn3", "pfn21").status == 0)
    }

    @Test func failures() async throws {
        let missing = try await server.cli("query", "lrc", "lfn", "nosuch")
        #expect(missing.status == 1)
        #expect(missing.errors == "LFN doesn't exist: nosuch\n")
        #expect(try await server.cli("create", "a", "b").status == 0)
        #expect(try await server.cli("create", "a", "b").errors == "LFN already exists: a\n")
        let unknown = try await server.cli("query", "lcr", "lfn", "a")
        #expect(unknown.status == 64)
        #expect(unknown.errors.contains("query lrc lfn LFN"))
        #expect(try await server.cli("create", "a").errors == "usage: create LFN PFN\n")
        let nobody = try await Program.cli.run(["query", "lrc", "lfn", "a", "rlsn://127.0.0.1:1"])
        #expect(nobody.status == 1)
        #expect(nobody.errors == "connect(rlsn://127.0.0.1:1): Connection refused\n")
        #expect(try await Program.cli.run(["query", "lrc", "lfn", "a", "http://x"]).errors == "Bad URL: http://x\n")
    }

    @Test func bulk() async throws {
        #expect(try await server.cli("bulk", "create", "a", "pa", "b", "pb").status == 0)
        let again = try await server.cli("bulk", "create", "a", "pa", "c", "pc")
        #expect(again.status == 1)
        #expect(again.output == "  a: pa: LFN already exists\n")
        #expect(
            try await server.cli("bulk", "query", "lrc", "lfn", "a", "nix", "c").output
                == "  a: pa\n  nix: LFN doesn't exist\n  c: pc\n")
        #expect(
            try await server.cli("bulk", "exists", "lrc", "pfn", "pa", "x").output
                == "  pa: exists\n  x: PFN doesn't exist\n")
        #expect(try await server.cli("bulk", "rename", "lfn", "a", "A", "b", "B").status == 0)
        #expect(try await server.cli("bulk", "delete", "A", "pa", "B", "pb", "c", "pc").status == 0)
        #expect(try await server.admin("-S").output.contains("  nummap: 0\n"))
        #expect(try await server.cli("bulk", "create", "odd").status == 64)
    }

    @Test func attributes() async throws {
        #expect(try await server.cli("create", "lfn1", "pfn1").status == 0)
        for definition in [("size", "int"), ("weight", "float"), ("when", "date"), ("note", "string")] {
            #expect(try await server.cli("attribute", "define", definition.0, "lfn", definition.1).status == 0)
        }
        #expect(try await server.cli("attribute", "add", "lfn1", "size", "lfn", "int", "42").status == 0)
        #expect(try await server.cli("attribute", "add", "lfn1", "weight", "lfn", "float", "1.5").status == 0)
        #expect(
            try await server.cli("attribute", "add", "lfn1", "when", "lfn", "date", "2002-08-29 10:11:12").status == 0)
        #expect(
            try await server.cli("attribute", "query", "lfn1", "-", "lfn").output
                == "  when: date: 20020829101112\n  weight: float: 1.500000\n  size: int: 42\n")
        #expect(
            try await server.cli("attribute", "search", "size", "lfn", ">", "int", "10").output
                == "  lfn1: size: int: 42\n")
        #expect(try await server.cli("attribute", "search", "size", "lfn", "between", "int", "42", "50").status == 0)
        #expect(try await server.cli("attribute", "modify", "lfn1", "size", "lfn", "int", "--", "-7").status == 0)
        #expect(try await server.cli("attribute", "query", "lfn1", "size", "lfn").output == "  size: int: -7\n")
        #expect(try await server.cli("attribute", "show", "size", "lfn").output == "  size: int\n")
        #expect(
            try await server.cli("attribute", "add", "lfn1", "size", "lfn", "string", "x").errors.hasPrefix(
                "Invalid attribute type"))
        #expect(
            try await server.cli("attribute", "undefine", "size", "lfn").errors
                == "Attribute still referenced by objects in database: size\n")
        #expect(try await server.cli("-c", "attribute", "undefine", "size", "lfn").status == 0)
        #expect(
            try await server.cli("attribute", "bulk", "add", "lfn1", "note", "lfn", "string", "a b").status == 0)
        #expect(
            try await server.cli("attribute", "bulk", "query", "note", "lfn", "lfn1", "nix").output
                == "  lfn1: note: string: a b\n  nix: LFN doesn't exist\n")
        #expect(try await server.cli("attribute", "bulk", "delete", "lfn1", "note", "lfn").status == 0)
        #expect(
            try await server.cli("attribute", "query", "lfn1", "note", "lfn").errors
                == "Attribute doesn't exist: note\n")
    }

    @Test func scriptOnStandardInput() async throws {
        let script =
            "create \"x y\" \"p q\"\nquery lrc lfn \"x y\"\nset reslimit 5\nquery lrc lfn nix\nexit\ncreate z z\n"
        let outcome = try await server.cli(input: script)
        #expect(outcome.output == "  x y: p q\n")
        #expect(outcome.errors == "LFN doesn't exist: nix\n")
        #expect(outcome.status == 1)
        #expect(try await server.cli("query", "lrc", "lfn", "z").status == 1)
    }

    @Test func wordsFromFile() async throws {
        let file = try server.directory.write("l1 p1\n\"l 2\" p2", to: "words")
        #expect(try await server.cli("-i", file, "bulk", "create").status == 0)
        #expect(try await server.cli("query", "lrc", "lfn", "l 2").output == "  l 2: p2\n")
    }

    @Test func json() async throws {
        #expect(try await server.cli("create", "a\"b", "p\\q").status == 0)
        #expect(
            try await server.cli("--json", "query", "lrc", "lfn", "a\"b").output == #"{"lfn":"a\"b","pfn":"p\\q"}"#
                + "\n")
        #expect(try await server.cli("--json", "bulk", "query", "lrc", "lfn", "no").output.contains(#""code":12"#))
    }

    @Test func administration() async throws {
        let ping = try await server.admin("-p").output
        #expect(ping.hasPrefix("ping \(server.url): ") && ping.hasSuffix(" seconds\n"))
        #expect(try await server.admin("-C", "result_limit", "5").status == 0)
        #expect(try await server.admin("-c", "result_limit").output == "  result_limit             5\n")
        #expect(try await server.admin("-C", "port", "5").errors == "Bad argument: port\n")
        #expect(try await server.admin("-c", "nonsense").status == 1)
        #expect(try await server.admin("-C", "stats_format", "1.1").status == 0)
        #expect(try await server.admin("-S").output.contains("  nummap: 0\n"))
        #expect(try await server.admin("-C", "loglevel", "error").status == 0)
        #expect(try await server.admin("-C", "result_limit", "6").status == 0)
        #expect(!server.logText.contains("value=6"))
        #expect(try await server.admin("-C", "loglevel", "info").status == 0)
        #expect(try await server.cli("create", "a", "b").status == 0)
        #expect(try await server.admin("-e").status == 1)
        #expect(try await server.cli("query", "lrc", "lfn", "a").status == 0)
        #expect(try await server.admin("-e", "--yes").status == 0)
        #expect(try await server.admin("-S").output.contains("  numlfn: 0\n"))
        #expect(try await server.admin("-q").status == 0)
        #expect(await server.waitForLog(" stopped"))
    }
}
