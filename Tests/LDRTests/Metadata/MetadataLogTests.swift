import Foundation
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct MetadataLogTests {
    let directory: TemporaryDirectory
    let cit: MetadataSite
    let lho: MetadataSite

    init() async throws {
        directory = try TemporaryDirectory()
        cit = try await MetadataSite("cit", in: directory)
        lho = try await MetadataSite("lho", in: directory)
    }

    @Test func aPeerTakesOverWhatIsNewAndNothingElseIsFetched() async throws {
        _ = try cit.publish(.sample("a"), .sample("b"))
        #expect(try cit.export().exported == 2)
        #expect(try await lho.follow(cit).applied == 2)
        #expect(try lho.store.record(of: "a")?.record == .sample("a"))
        #expect(try lho.store.record(of: "a")?.stamp == cit.store.record(of: "a")?.stamp)
        #expect(try await lho.follow(cit) == FollowOutcome())
        try cit.store.delete(["a"])
        _ = try cit.publish(.sample("b", size: 5))
        #expect(try cit.export().exported == 2)
        #expect(try await lho.follow(cit).segments == 1)
        #expect(try lho.catalog() == cit.catalog())
    }

    @Test func anExportOfNothingWritesNothing() throws {
        _ = try cit.publish(.sample("a"))
        try cit.export()
        let before = directory.text("logs/cit/manifest")
        #expect(try cit.export() == ExportOutcome(segments: 1))
        #expect(directory.text("logs/cit/manifest") == before)
        #expect(try cit.manifest.segments.count == 1)
    }

    @Test func aLogHoldsOnlyWhatItsSiteChanged() async throws {
        _ = try cit.publish(.sample("a"), .sample("b"))
        try cit.export()
        try await lho.follow(cit)
        _ = try lho.publish(.sample("b", size: 9), .sample("c"))
        #expect(try lho.export().exported == 2)
        try await cit.follow(lho)
        #expect(try cit.store.record(of: "b")?.record.size == 9)
        #expect(try cit.export().exported == 0)
        let new = try await MetadataSite("llo", in: directory)
        for peer in [lho, cit] { try await new.follow(peer) }
        #expect(try new.catalog() == cit.catalog())
    }

    @Test func manyFilesGoQuickly() async throws {
        _ = try cit.store.publish(
            (0..<100_000).map { FileRecord(lfn: "H-R-\(900_000_000 + $0 * 16)-16.gwf", size: 4_096) })
        #expect(try cit.export().exported == 100_000)
        #expect(try await lho.follow(cit).applied == 100_000)
        #expect(try lho.store.count == 100_000)
        #expect(try await lho.follow(cit).segments == 0)
        _ = try lho.publish(.sample("own"))
        #expect(try lho.export().exported == 1)
    }

    @Test func manySmallExportsMakeFewSegments() async throws {
        for number in 0..<120 {
            _ = try cit.publish(.sample("f\(number)"), .sample("f\(number / 2)", size: Int64(number)))
            try cit.export()
            if number % 30 == 7 { try await lho.follow(cit) }
        }
        #expect(try cit.manifest.segments.count < 30)
        let outcome = try await lho.follow(cit)
        #expect(outcome.segments < 20)
        #expect(try lho.catalog() == cit.catalog())
        let late = try await MetadataSite("llo", in: directory)
        try await late.follow(cit)
        #expect(try late.catalog() == cit.catalog())
    }

    @Test func oldSegmentsStayForAnHour() throws {
        for number in 0..<20 {
            _ = try cit.publish(.sample("f\(number)"))
            try cit.export()
        }
        let named = Set(try cit.manifest.segments.map(\.name))
        let files = try LogDirectory(path: cit.log).files().map(\.name)
        #expect(files.count > named.count && named.isSubset(of: files))
        try cit.reopen(clockError: 3_500_000)
        try cit.export()
        #expect(try LogDirectory(path: cit.log).files().count == files.count)
        try cit.reopen(clockError: 3_700_000)
        try cit.export()
        #expect(Set(try LogDirectory(path: cit.log).files().map(\.name)) == named)
    }

    @Test func lostSegmentsAreWrittenAgain() async throws {
        _ = try cit.publish(.sample("a"), .sample("b"))
        try cit.export()
        let name = try #require(try cit.manifest.segments.first?.name)
        LogDirectory(path: cit.log).remove(name)
        await #expect(throws: MetadataError.self) { try await lho.follow(cit) }
        try cit.export()
        #expect(try await lho.follow(cit).applied == 2)
    }

    @Test func oneProgramWritesALog() throws {
        try cit.export()
        try LogDirectory(path: cit.log).exclusively { () -> Void in
            #expect { try cit.export() } throws: { "\($0)".contains("another program is writing this log") }
        }
        try cit.export()
    }

    @Test func theLogOfAnotherSiteIsNotOverwritten() throws {
        try cit.export()
        try FileManager.default.copyItem(atPath: cit.log, toPath: lho.log)
        #expect { try lho.export() } throws: { "\($0)".contains("the log of site cit, not of lho") }
    }

    private actor Daemon {
        private let store: MetadataStore

        init(_ open: @Sendable () throws -> MetadataStore) throws { store = try open() }

        func follow(_ peer: String, _ fetch: @escaping LogFetch) async throws -> Int {
            try await LogFollower(store, peer: peer, fetch: fetch).follow().applied
        }
    }

    @Test func anActorFollowsWithItsStore() async throws {
        _ = try cit.publish(.sample("a"))
        _ = try lho.publish(.sample("b"))
        for site in [cit, lho] { try site.export() }
        let daemon = try Daemon(try await MetadataSite("llo", in: directory).open)
        let sources = [cit, lho].map { FileLogSource(directory: $0.log).fetch }
        async let first = daemon.follow("cit", sources[0])
        async let second = daemon.follow("lho", sources[1])
        #expect(try await first + second == 2)
    }

    // MARK: Killed

    private struct Killed: Error {}

    /// Ends exports after each of their steps in turn, until one comes through.
    @Test(arguments: LogExporter.Step.allCases)
    func anExportThatIsKilledGoesOn(_ step: LogExporter.Step) async throws {
        var random = SeededGenerator(seed: 15)
        for round in 0..<40 {
            _ = try cit.publish(.sample("f\(round)"), .sample("g", size: Int64(round)))
            var exporter = LogExporter(cit.store, directory: cit.logs)
            var steps = Int.random(in: 0..<3, using: &random)
            exporter.afterStep = { reached in
                if reached == step { steps -= 1 }
                if steps < 0 { throw Killed() }
            }
            _ = try? exporter.export()
            try cit.reopen()
            if round % 5 == 4 && (try? cit.manifest) != nil { try await lho.follow(cit) }
        }
        try cit.export()
        try await lho.follow(cit)
        #expect(try lho.catalog() == cit.catalog())
        #expect(try cit.store.epoch == cit.manifest.epoch)
    }

    @Test func aLongExportThatIsKilledDoesNotBeginAnew() async throws {
        _ = try cit.store.publish((100..<200).map { .sample("f\($0)") })
        var exporter = LogExporter(cit.store, directory: cit.logs)
        (exporter.changesOfSegment, exporter.segmentsAtOnce) = (3, 4)
        var manifests = 0
        exporter.afterStep = { step in
            if step == .manifestWritten { manifests += 1 }
            if manifests == 2 { throw Killed() }
        }
        #expect(throws: Killed.self) { try exporter.export() }
        try await lho.follow(cit)
        #expect(try lho.store.count == 24)
        exporter.afterStep = { _ in }
        #expect(try exporter.export().exported == 76)
        try await lho.follow(cit)
        #expect(try lho.catalog() == cit.catalog())
    }

    // MARK: Backups

    @Test func aRestoredDatabaseGetsBackWhatTheLogHas() async throws {
        _ = try cit.publish(.sample("a"), .sample("b"))
        try cit.export()
        try cit.saveDatabase()
        _ = try cit.publish(.sample("a", size: 7), .sample("c"))
        try cit.store.delete(["b"])
        try cit.export()
        try await lho.follow(cit)
        let epoch = try cit.manifest.epoch
        try cit.restoreDatabase()
        // Numbers are given out again before anything is noticed.
        _ = try cit.store.publish((0..<10).map { .sample("n\($0)") })
        let outcome = try cit.export()
        #expect(outcome.isNewEpoch && outcome.recovered == 3 && outcome.notRecovered == nil)
        #expect(try cit.manifest.epoch != epoch)
        #expect(try cit.store.record(of: "a")?.record.size == 7 && cit.store.record(of: "b") == nil)
        try await lho.follow(cit)
        #expect(try lho.catalog() == cit.catalog())
        #expect(try cit.export().isNewEpoch == false)
    }

    @Test func segmentsOfAnEarlierEpochStayForAnHourToo() throws {
        _ = try cit.publish(.sample("a"))
        try cit.export()
        let old = try #require(try cit.manifest.segments.first?.name)
        LogDirectory(path: cit.log).touch(old, .distantPast)
        try cit.store.beginEpoch()
        _ = try cit.publish(.sample("b"))
        #expect(try cit.export().isNewEpoch)
        #expect(try !cit.manifest.segments.contains { $0.name == old })
        #expect(LogDirectory(path: cit.log).size(of: old) != nil)
        try cit.reopen(clockError: 3_700_000)
        try cit.export()
        #expect(LogDirectory(path: cit.log).size(of: old) == nil)
    }

    @Test(arguments: LogExporter.Step.allCases)
    func recoveryMayBeKilled(_ step: LogExporter.Step) async throws {
        _ = try cit.publish(.sample("a"))
        try cit.export()
        try cit.saveDatabase()
        _ = try cit.publish(.sample("b"), .sample("c"))
        try cit.export()
        try await lho.follow(cit)
        try cit.restoreDatabase()
        var exporter = LogExporter(cit.store, directory: cit.logs)
        exporter.afterStep = { if $0 == step { throw Killed() } }
        _ = try? exporter.export()
        try cit.reopen()
        try cit.export()
        #expect(try cit.store.count == 3)
        try await lho.follow(cit)
        #expect(try lho.catalog() == cit.catalog())
    }

    @Test func aDatabaseThatIsMadeAnewGetsItsFilesBack() async throws {
        _ = try cit.publish(.sample("a"), .sample("b"))
        try cit.export()
        try await lho.follow(cit)
        let again = try await MetadataSite("cit", in: directory, file: "again")
        let outcome = try again.export()
        #expect(outcome.isNewEpoch && outcome.recovered == 2)
        #expect(try again.store.count == 2)
        #expect(try await lho.follow(cit).applied == 0)
    }

    @Test func aDamagedLogBeginsAnew() async throws {
        _ = try cit.publish(.sample("a"))
        try cit.export()
        try await lho.follow(cit)
        try directory.write("nonsense", to: "logs/cit/manifest")
        _ = try cit.publish(.sample("b"))
        #expect(try cit.export().isNewEpoch)
        try await lho.follow(cit)
        #expect(try lho.catalog() == cit.catalog())
    }

    @Test func aDatabaseRestoredWithItsLogIsToldToFollowers() async throws {
        _ = try cit.publish(.sample("a"))
        try cit.export()
        try cit.saveDatabase()
        try FileManager.default.copyItem(atPath: cit.log, toPath: directory.file("old"))
        _ = try cit.publish(.sample("b"), .sample("c"))
        try cit.export()
        try await lho.follow(cit)
        try cit.restoreDatabase()
        try FileManager.default.removeItem(atPath: cit.log)
        try FileManager.default.copyItem(atPath: directory.file("old"), toPath: cit.log)
        _ = try cit.store.publish((0..<5).map { .sample("n\($0)") })
        try cit.store.beginEpoch()
        try cit.export()
        try await lho.follow(cit)
        #expect(try cit.catalog().allSatisfy { try lho.catalog()[$0.key] == $0.value })
    }
}
