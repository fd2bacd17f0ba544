import Foundation
import RLSCore
import RLSTestSupport
import Testing

/// What `ldr reap` removes and moves at a subscriber, with real catalogs.
@Suite struct ReplicationReapTests {
    private struct Report: Decodable {
        struct File: Decodable {
            let lfn: String
            let reason: String
        }
        struct Reap: Decodable {
            let due: Int
            let reaped, kept: [File]
        }
        struct Drain: Decodable {
            let due, moved: Int
        }
        let reap: Reap
        let drain: Drain
    }

    private let publisher: ReplicationSite
    private let reader: ReplicationSite
    private let files = SampleFile.some(4)

    init() async throws {
        publisher = try await ReplicationSite("publisher")
        reader = try await ReplicationSite("reader")
    }

    private nonisolated(nonsending) func fill(_ lines: [String]) async throws {
        try await ReplicationSite.connect([publisher, reader], ["reader": lines])
        try await publisher.publish(files)
        #expect(try await reader.comesToHave(files.count))
    }

    private func reap(_ words: String...) async throws -> Report {
        let outcome = try await reader.run(["reap", "--json"] + words)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    }

    @Test(.timeLimit(.minutes(10))) func whatHasHadItsTimeGoesUnlessItIsTheLastCopy() async throws {
        try await fill(["subscription all lifetime=1s : size >= 0", "reap_refusal 100"])
        // Gone at the publisher, as nobody should do it.
        let last = try #require(try await publisher.mappings().first { $0.lfn == "file-3" })
        #expect(try await publisher.server.cli("delete", last.lfn.description, last.pfn.description).status == 0)
        var told = try await reap("--dry-run")
        #expect(
            try await eventually {
                told = try await self.reap("--dry-run")
                return told.reap.due == files.count
            })
        #expect(told.reap.reaped.count == 3 && told.reap.kept.map(\.lfn) == ["file-3"])
        #expect(reader.contents() == files)

        let report = try await reap("--once")
        #expect(report.reap.reaped.map(\.lfn).sorted() == ["file-0", "file-1", "file-2"])
        #expect(reader.contents().keys.sorted() == ["file-3"])
        #expect(try await reader.mappings().map(\.lfn) == ["file-3"])
        // It does not come back, and nothing is wrong.
        try await reader.cycle()
        #expect(reader.contents().count == 1)
        #expect(try await reader.ldr("verify", "--once", "--json").contains("\"lost\":[]"))
        #expect(try await reader.ldr("explain", "file-0").contains("removed after its time"))
        #expect(publisher.contents() == files)
        #expect(try await reader.ldr("events").components(separatedBy: "\"reaped\"").count == 4)
        #expect(try await reap("--once", "--even-last").reap.reaped.map(\.lfn) == ["file-3"])
    }

    @Test(.timeLimit(.minutes(10))) func aPartitionThatDrainsBecomesEmpty() async throws {
        try await fill(["subscription all : size >= 0"])
        let new = reader.directory.file("new")
        try FileManager.default.createDirectory(atPath: new, withIntermediateDirectories: false)
        let lines = ["subscription all : size >= 0", "partition new \(new) http://localhost:1/new"]
        try reader.configure(peers: [publisher], lines, partition: "draining")
        let report = try await reap("--once")
        #expect(report.drain.due == files.count && report.drain.moved == files.count)
        #expect(reader.contents().isEmpty)
        for (name, content) in files { #expect(FileManager.default.contents(atPath: "\(new)/\(name)") == content) }
        let pfns = try await reader.mappings().map(\.pfn.description).sorted()
        #expect(pfns == files.keys.sorted().map { "http://localhost:1/new/\($0)" })
        #expect(try await reader.ldr("verify", "--once", "--json").contains("\"dark\":[]"))
    }

    @Test(.timeLimit(.minutes(10))) func theMasterServesAndReaps() async throws {
        let lines = ["subscription all lifetime=1s : size >= 0", "http_listen 127.0.0.1:0", "reap_interval 1s"]
        try await ReplicationSite.connect([publisher, reader], ["reader": lines])
        try await publisher.publish(files)
        let master = try await reader.master()
        #expect(
            try await eventually(seconds: 60) {
                try await reader.ldr("events").components(separatedBy: "\"reaped\"").count > files.count
            })
        let url = try #require(master.errors.firstMatch(of: /url=(http:\S+)/)).1
        let curl = try NeededProgram.path("curl", package: "curl")
        let metrics = try await curl.run(["-sS", "\(url)metrics"]).output
        let line = "ldr_subscription_files{site=\"reader\",state=\"expired\",subscription=\"all\"} \(files.count)"
        #expect(metrics.contains(line), "\(metrics)")
        master.signal(SIGTERM)
        #expect(try await master.end(seconds: 30) == 0)
    }
}
