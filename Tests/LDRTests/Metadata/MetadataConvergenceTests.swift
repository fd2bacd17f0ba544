import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct MetadataConvergenceTests {
    /// Three sites publish, change and delete the same files, follow each other in any order or not at all, and end alike.
    @Test(arguments: [21, 22, 23] as [UInt64])
    func sitesConverge(_ seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        var sites: [MetadataSite] = []
        for name in ["cit", "lho", "llo"] { sites.append(try await MetadataSite(name, in: directory)) }
        var random = SeededGenerator(seed: seed)
        // Clocks that are minutes apart.
        for (site, error) in zip(sites, [0, 120_000, -300_000] as [Int64]) { try site.reopen(clockError: error) }
        for _ in 0..<150 {
            let site = sites[Int.random(in: 0..<3, using: &random)]
            try await act(site, sites, &random)
        }
        for site in sites {
            _ = try site.publish(.sample("last-\(site.name)"), .sample("gone-\(site.name)"))
            try site.store.delete([ByteString("gone-\(site.name)")])
            try site.export()
        }
        for site in sites.shuffled(using: &random) {
            for peer in sites where peer.name != site.name { try await site.follow(peer) }
        }
        let catalog = try sites[0].catalog()
        #expect(catalog.count > 20 && catalog.values.contains { $0.content == nil })
        #expect(Set(catalog.values.map(\.stamp.site)).count == 3)
        for site in sites {
            #expect(try site.catalog() == catalog)
            #expect(try site.store.count == catalog.values.count { $0.content != nil })
        }
    }

    private nonisolated(nonsending) func act(
        _ site: MetadataSite, _ sites: [MetadataSite], _ random: inout SeededGenerator
    ) async throws {
        let names = (0..<4).map { _ in "f\(Int.random(in: 0..<40, using: &random))" }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
            let size = Int64.random(in: 0..<1_000, using: &random)
            _ = try site.store.publish(names.map { .sample($0, size: size) })
        case 4: try site.store.delete(names.map { ByteString($0) })
        case 5: try site.export()
        case 6: exportAndKill(site, &random)
        default:
            let peer = sites[Int.random(in: 0..<3, using: &random)]
            if peer.name != site.name && (try? peer.manifest) != nil { try await site.follow(peer) }
        }
    }

    private struct Killed: Error {}

    private func exportAndKill(_ site: MetadataSite, _ random: inout SeededGenerator) {
        var exporter = LogExporter(site.store, directory: site.logs)
        (exporter.changesOfSegment, exporter.segmentsAtOnce) = (5, 3)
        var steps = Int.random(in: 0..<6, using: &random)
        exporter.afterStep = { _ in
            steps -= 1
            if steps < 0 { throw Killed() }
        }
        _ = try? exporter.export()
    }

    @Test func aSiteThatWasAwayCatchesUp() async throws {
        let directory = try TemporaryDirectory()
        let cit = try await MetadataSite("cit", in: directory)
        let lho = try await MetadataSite("lho", in: directory)
        _ = try cit.store.publish((0..<50).map { .sample("f\($0)") })
        try cit.export()
        try await lho.follow(cit)
        for round in 0..<60 {
            _ = try cit.publish(.sample("f\(round)", size: 7), .sample("n\(round)"))
            try cit.store.delete([ByteString("f\(round / 2)")])
            try cit.export()
        }
        _ = try lho.publish(.sample("f49", size: 99))
        try lho.export()
        try await lho.follow(cit)
        try await cit.follow(lho)
        #expect(try lho.catalog() == cit.catalog())
        #expect(try cit.store.record(of: "f49")?.record.size == 99)
        #expect(try cit.store.record(of: "f3") == nil)
    }
}
