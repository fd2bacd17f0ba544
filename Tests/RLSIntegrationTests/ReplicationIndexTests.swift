import Foundation
import RLSCore
import RLSTestSupport
import Testing

/// An index that is wrong about who has a file.
@Suite struct ReplicationIndexTests {
    private static let all = "subscription all : size >= 0"

    /// The catalogs that the site's index names for a file.
    private func named(_ lfn: String, at site: ReplicationSite) async throws -> String {
        try await site.server.cli("query", "rli", "lfn", lfn).output
    }

    private func pass(_ site: ReplicationSite) async throws {
        for daemon in ["metadata", "want", "schedule", "transfer"] { try await site.ldr(daemon, "--once") }
    }

    /// Nothing is held against a source that an index names for no reason.
    private func expectNoBlame(_ site: ReplicationSite, succeeded: Int) async throws {
        let sources = try await site.status().sources
        #expect(sources.allSatisfy { $0.failed == 0 && $0.error == nil }, "\(sources)")
        #expect(sources.reduce(0) { $0 + $1.succeeded } == succeeded)
    }

    @Test(.timeLimit(.minutes(10))) func whatACatalogHasLostSinceIsTakenFromAnother() async throws {
        let publisher = try await ReplicationSite("publisher")
        let mirror = try await ReplicationSite("mirror")
        let reader = try await ReplicationSite("reader")
        try await ReplicationSite.connect(
            [publisher, mirror, reader], ["mirror": ["subscription some : collection = 'both'"], "reader": [Self.all]])
        try await publisher.publish(SampleFile.some(3, "both"), collection: "both")
        try await publisher.publish(SampleFile.some(2, "lost"))
        #expect(try await mirror.comesToHave(3))
        for name in ["both-0", "lost-1"] {
            let isNamed = try await eventually { try await named(name, at: reader).contains(publisher.server.url) }
            #expect(isNamed)
        }
        let before = publisher.server.url
        try await publisher.replaceCatalog()
        #expect(publisher.server.url == before)

        try await pass(reader)
        for name in ["both-0", "lost-1"] { #expect(try await named(name, at: reader).contains(before)) }
        #expect(reader.contents().keys.sorted() == ["both-0", "both-1", "both-2"])
        try await expectNoBlame(reader, succeeded: 3)
        let explanation = try await reader.ldr("explain", "lost-1")
        #expect(explanation.contains("state: missing") && explanation.contains("the index is mistaken"))
        #expect(explanation.contains("  asked, and without one: \(before)"), "\(explanation)")
        #expect(!explanation.contains("transfer:"))
        // It is not given up: what is registered again comes.
        try await publisher.publish(SampleFile.some(2, "lost"))
        #expect(try await reader.comesToHave(5))
    }

    /// A filter that takes every second name for one of its own.
    @Test(.timeLimit(.minutes(10))) func falsePositivesOfAFilterCostNothing() async throws {
        let publisher = try await ReplicationSite("publisher")
        let reader = try await ReplicationSite("reader")
        try await ReplicationSite.connect([publisher, reader], ["reader": [Self.all]])
        let other = try await Site(Site.quick + ["lrc_filter_error 2"])
        try await other.create((0..<1_000).map { "unrelated-\($0)" })
        #expect(try await other.server.admin("-A", reader.server.url).status == 0)
        let names = (0..<30).map { "file-\($0)" }
        var taken: [String] = []
        let isSent = try await eventually {
            taken = []
            for name in names where try await named(name, at: reader).contains(other.url) { taken.append(name) }
            return taken.count > 3
        }
        #expect(isSent && taken.count < names.count)

        let files = SampleFile.some(names.count)
        try await publisher.publish(files)
        // Of one of these the filter is all that is left.
        let alone = try #require(taken.first)
        let copy = try #require(try await publisher.mappings().first { $0.lfn.description == alone })
        #expect(try await publisher.server.cli("delete", alone, copy.pfn.description).status == 0)
        #expect(
            try await eventually {
                try await pass(reader)
                return try await reader.status().present == names.count - 1
            })
        try await expectNoBlame(reader, succeeded: names.count - 1)
        #expect(try await reader.mappings().count == names.count - 1)
        let explanation = try await reader.ldr("explain", alone)
        #expect(explanation.contains("state: missing"))
        #expect(explanation.contains("  asked, and without one: \(other.url)"), "\(explanation)")
    }
}
