import Foundation
import RLSCore
import RLSTestSupport
import SystemPackage
import Testing

@testable import LDR

/// A partition whose files nobody may read without need.
@Suite struct TapePartitionTests {
    private let directory: TemporaryDirectory
    private let metadata: MetadataStore
    private let catalog = MemoryCatalog()
    private let area: StorageArea

    init() throws {
        directory = try TemporaryDirectory()
        metadata = try MetadataStore(path: directory.file("metadata.db"), site: "here")
        try FileManager.default.createDirectory(atPath: directory.file("tape"), withIntermediateDirectories: true)
        for name in ["a", "b"] { try directory.write("stub", to: "tape/" + name) }
        area = try StorageArea(
            partitions: [
                StoragePartition(name: "tape", root: directory.file("tape"), url: "gsiftp://here/tape", isTape: true)
            ], layout: LayoutTemplate(parsing: "{lfn}"))
    }

    private var events: EventLog { EventLog(path: directory.file("events.jsonl"), site: "here") }

    private func publish() async throws -> PublishReport {
        let sha256 = String(repeating: "ab", count: 32)
        let manifest = try directory.write("tape/a a 4 sha256:\(sha256)\ntape/b b 4\n", to: "manifest")
        var (collector, files) = (FileCollector(), [CandidateFile]())
        collector.collect(manifest: FilePath(manifest)) { if case .file(let file) = $0 { files.append(file) } }
        #expect(files.count == 2)
        return try await Publisher(
            area, metadata: metadata, catalog: catalog, events: events, threads: FileThreads(1),
            settings: Publisher.Settings()
        ).publish(files)
    }

    @Test func manifestsAreBelieved() async throws {
        let report = try await publish()
        #expect(report.new == 1)
        #expect(report.problems.map(\.message).count == 1)
        #expect(report.problems.first?.message.contains("on tape") == true)
        let record = try #require(try metadata.record(of: "a")?.record)
        #expect(record.size == 4 && record.checksums.sha256 == [UInt8](repeating: 0xab, count: 32))
        #expect(await catalog.allCopies() == [Mapping(lfn: "a", pfn: "gsiftp://here/tape/a")])
    }

    /// The content is not what the manifest said: who reads it would see that.
    @Test func verifyReadsNothing() async throws {
        _ = try await publish()
        let verifier = Verifier(
            area: area, catalog: catalog, metadata: metadata,
            work: try WorkStore(path: directory.file("work.db")), events: events, limits: VerifyLimits())
        let report = try await verifier.verify(acts: true, reads: true)
        #expect(report.copies == 1 && report.read == 0 && report.corrupt == [] && report.lost == [])
        #expect(report.dark == ["tape/b"])
        try FileManager.default.removeItem(atPath: directory.file("tape/a"))
        #expect(try await verifier.verify(acts: false, reads: true).lost == ["tape/a"])
        #expect(directory.text("tape/b") == "stub")
    }
}
