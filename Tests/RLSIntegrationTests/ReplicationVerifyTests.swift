import Foundation
import RLSCore
import RLSTestSupport
import Testing

/// What `ldr verify` finds at a subscriber, and what becomes of it.
@Suite struct ReplicationVerifyTests {
    private struct Report: Decodable {
        let copies, read: Int
        let lost, corrupt, dark, refusals: [String]
    }

    private let publisher: ReplicationSite
    private let reader: ReplicationSite
    private let files = SampleFile.some(8)

    init() async throws {
        publisher = try await ReplicationSite("publisher")
        reader = try await ReplicationSite("reader")
        let lines = ["subscription all : size >= 0", "verify_dark_age 0s"]
        try await ReplicationSite.connect([publisher, reader], ["reader": lines])
        try await publisher.publish(files)
        #expect(try await reader.comesToHave(files.count))
    }

    private func verify(_ words: String...) async throws -> Report {
        let outcome = try await reader.run(["verify", "--once", "--json"] + words)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    }

    @Test(.timeLimit(.minutes(10))) func lostAndCorruptFilesComeAgainAndDarkOnesArePutAside() async throws {
        try FileManager.default.removeItem(atPath: reader.root + "/file-0")
        try reader.write(SampleFile.content("other", bytes: files["file-1"]?.count ?? 0), to: "file-1")
        try reader.write(Data("nobody knows".utf8), to: "unknown/dark")
        let looked = try await verify("--dry-run")
        #expect(looked.lost == ["main/file-0"] && looked.corrupt == ["main/file-1"])
        #expect(looked.dark == ["main/unknown/dark"])
        #expect(try await reader.status().present == files.count)

        let report = try await verify()
        #expect(report.lost == ["main/file-0"] && report.corrupt == ["main/file-1"] && report.refusals == [])
        #expect(report.copies == files.count)
        #expect(reader.leftovers(in: ".ldr-quarantine").sorted() == ["file-1", "unknown", "unknown/dark"])
        #expect(try await reader.mappings().count == files.count - 2)
        #expect(try await reader.status().present == files.count - 2)

        #expect(try await reader.comesToHave(files.count))
        #expect(reader.contents() == files)
        #expect(try await reader.mappings().count == files.count)
        let events = try await reader.ldr("events")
        for event in ["lost", "corrupt", "dark"] { #expect(events.contains("\"event\":\"\(event)\"")) }
        let clean = try await verify()
        #expect(clean.lost == [] && clean.corrupt == [] && clean.dark == [])
    }

    @Test(.timeLimit(.minutes(10))) func tooMuchThatIsMissingIsNotBelieved() async throws {
        for name in files.keys { try FileManager.default.removeItem(atPath: reader.root + "/" + name) }
        let report = try await verify()
        #expect(report.lost.count == files.count && report.refusals.count == 1, "\(report)")
        #expect(try await reader.mappings().count == files.count)
        // As when a file system is not mounted.
        try FileManager.default.moveItem(atPath: reader.root, toPath: reader.root + "-elsewhere")
        #expect(try await verify().lost == [])
        #expect(try await reader.mappings().count == files.count)
    }

    @Test(.timeLimit(.minutes(10))) func corruptionThatWasNotBelievedIsFoundAgain() async throws {
        for name in files.keys.sorted().prefix(5) {
            try reader.write(SampleFile.content("other", bytes: files[name]?.count ?? 0), to: name)
        }
        #expect(try await verify().refusals.count == 1)
        #expect(try await verify().corrupt.count == 5)
        #expect(try await reader.mappings().count == files.count)
    }

    @Test(.timeLimit(.minutes(10))) func aURLOfAnotherPlaceIsNoCopy() async throws {
        let copy = try #require(try await reader.mappings().first { $0.lfn == "file-3" })
        let far = "http://127.0.0.1:1/far"
        #expect(try await reader.server.cli("add", "file-3", far).status == 0)
        #expect(try await reader.server.cli("delete", "file-3", copy.pfn.description).status == 0)
        _ = try await verify()
        #expect(try await reader.status().present == files.count - 1)
        let explanation = try await reader.ldr("explain", "file-3")
        #expect(explanation.contains(far + " (in no partition"), "\(explanation)")
        #expect(try await reader.comesToHave(files.count))
    }

    @Test(.timeLimit(.minutes(10))) func whatTheCatalogForgotIsWantedAgain() async throws {
        let copy = try #require(try await reader.mappings().first { $0.lfn == "file-2" })
        let outcome = try await reader.server.cli("delete", copy.lfn.description, copy.pfn.description)
        #expect(outcome.status == 0)
        _ = try await verify()
        #expect(try await reader.status().present == files.count - 1)
        #expect(try await reader.comesToHave(files.count))
        #expect(try await reader.mappings().count == files.count)
        #expect(reader.contents() == files)
    }
}
