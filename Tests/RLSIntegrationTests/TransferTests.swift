import Foundation
import RLSClient
import RLSCore
import RLSTestSupport
import Testing

/// import and export with real data and with bad data.
@Suite struct TransferTests {
    private var sample: String { Bundle.module.bundlePath + "/Data/packages.tsv" }

    @Test func exportOfAnImportIsTheSame() async throws {
        let first = try await ServerProcess.start()
        #expect(try await first.cli("import", sample).status == 0)
        let exported = try await first.cli("export")
        let lines = exported.output.split(separator: "\n")
        let wanted = try String(contentsOfFile: sample, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == Set(wanted.map { $0.split(separator: "\t").prefix(2) }).count)
        #expect(exported.output.contains("\tsize:int="))

        for (ending, options) in [("tsv", []), ("csv", ["--format", "csv"]), ("jsonl", ["--json"])] {
            let second = try await ServerProcess.start()
            let text = try await Program.cli.run(options + ["export", first.url]).output
            let file = try second.directory.write(text, to: "catalog.\(ending)")
            let outcome = try await second.cli("import", file)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try await second.cli("export").output == exported.output)
        }
    }

    @Test func importingTwiceChangesNothing() async throws {
        let server = try await ServerProcess.start()
        #expect(try await server.cli("import", sample).status == 0)
        let before = try await server.cli("export").output
        let again = try await server.cli("import", sample)
        #expect(again.status == 0)
        #expect(again.output.contains("0 refused"))
        #expect(try await server.cli("export").output == before)
    }

    @Test func badLinesAreNamedAndSkipped() async throws {
        let server = try await ServerProcess.start()
        let text =
            "a\tpa\nonly\nb\tpb\tsize=5\n\n# comment\nc\tpc\tsize=five\n\td\n\(String(repeating: "x", count: 5_000))\tp\nz pz\n"
        let file = try server.directory.write(text, to: "bad.tsv")
        let outcome = try await server.cli("import", file)
        #expect(outcome.status == 1)
        let named = outcome.errors.split(separator: "\n").compactMap { $0.firstMatch(of: /bad\.tsv:(\d+):/)?.1 }
        #expect(Set(named) == ["2", "6", "7", "8"])
        #expect(try await server.admin("-S").output.contains("  nummap: 4\n"))
        #expect(try await server.cli("query", "lrc", "lfn", "z").output == "  z: pz\n")
    }

    @Test func strictStopsAndSaysWhereToGoOn() async throws {
        let server = try await ServerProcess.start()
        let lines = (1...2_500).map { $0 == 2_300 ? "broken" : "l\($0)\tp\($0)" }
        let file = try server.directory.write(lines.joined(separator: "\n"), to: "many.tsv")
        let outcome = try await Program.cli.run(["--strict", "import", file, server.url])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("many.tsv:2300:"))
        #expect(outcome.errors.contains("--start-line 2001"))
        #expect(try await server.admin("-S").output.contains("  nummap: 2000\n"))
        #expect(try await Program.cli.run(["--start-line", "2301", "import", file, server.url]).status == 0)
        #expect(try await server.admin("-S").output.contains("  nummap: 2200\n"))
    }

    @Test func fromStandardInput() async throws {
        let server = try await ServerProcess.start()
        #expect(try await server.cli("import", "-", input: "a pa\na pb pfn:site=CERN\n").status == 0)
        #expect(try await server.cli("attribute", "query", "pb", "site", "pfn").output == "  site: string: CERN\n")
        #expect(try await server.cli("export", "a*").output == "a\tpa\na\tpb\tpfn:site:string=CERN\n")
    }

    @Test func missingFile() async throws {
        let server = try await ServerProcess.start()
        let outcome = try await server.cli("import", "/nonexistent/file.tsv")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("/nonexistent/file.tsv: No such file or directory"))
    }

    @Test func everyByteComesBack() async throws {
        let server = try await ServerProcess.start()
        let bytes = (1...255).map { UInt8($0) }
        let odd = [
            bytes, Array("tab\there".utf8), Array("line\nbreak".utf8), Array("#hash".utf8), Array("{\"brace".utf8),
        ]
        let client = try await server.connect()
        for (index, name) in odd.enumerated() {
            try await client.create(Mapping(lfn: ByteString(name), pfn: ByteString([UInt8(index + 1)] + name)))
        }
        let second = try await ServerProcess.start()
        for form in ["tsv", "jsonl"] {
            let text = try await Program.cli.run(["--format", form, "export", server.url]).output
            let file = try second.directory.write(text, to: "odd.\(form)")
            #expect(try await second.cli("import", file).status == 0)
            let copy = try await second.connect()
            for (index, name) in odd.enumerated() {
                let found = try await copy.mappings(of: .lfn, ByteString(name))
                #expect(found.map(\.pfn) == [ByteString([UInt8(index + 1)] + name)])
            }
            #expect(try await second.admin("-e", "--yes").status == 0)
        }
    }
}
