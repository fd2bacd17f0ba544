import Foundation
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct DrainerTests {
    let directory: TemporaryDirectory
    let store: MetadataStore
    let catalog = StandInCatalog()
    let area: StorageArea

    init() throws {
        directory = try TemporaryDirectory()
        store = try MetadataStore(path: directory.file("metadata.db"), site: "cit")
        for name in ["old/set", "new", "archive"] {
            try FileManager.default.createDirectory(
                atPath: directory.file(name), withIntermediateDirectories: true)
        }
        area = try StorageArea(
            partitions: [
                StoragePartition(name: "old", root: directory.file("old"), url: "gsiftp://cit/old", isDraining: true),
                StoragePartition(name: "new", root: directory.file("new"), url: "gsiftp://cit/new"),
                StoragePartition(
                    name: "archive", root: directory.file("archive"), url: "gsiftp://cit/archive", isReadOnly: true),
            ], layout: LayoutTemplate(parsing: "{collection}/{lfn}"))
    }

    private nonisolated(nonsending) func put(_ name: String, _ text: String, as published: String? = nil) async throws {
        try directory.write(published ?? text, to: "content")
        let (size, checksums) = try ContentDigest.of(path: directory.file("content"), kinds: [.sha256])
        _ = try store.publish([
            FileRecord(lfn: ByteString(name), size: size, checksums: checksums, collection: "set")
        ])
        try directory.write(text, to: "old/set/" + name)
        try await catalog.registerAll([old(name)])
    }

    private func old(_ name: String) -> Mapping {
        Mapping(lfn: ByteString(name), pfn: area.url(area.partitions[0], "set/" + name))
    }

    private func new(_ name: String) -> Mapping {
        Mapping(lfn: ByteString(name), pfn: area.url(area.partitions[1], "set/" + name))
    }

    private nonisolated(nonsending) func drain(
        acts: Bool = true, free: @escaping @Sendable (StoragePartition) -> Int64? = { $0.freeBytes() }
    ) async throws -> Drainer.Report {
        let events = EventLog(path: directory.file("events.jsonl"), site: "cit")
        return try await Drainer(area: area, catalog: catalog, metadata: store, events: events, free: free)
            .pass(acts: acts)
    }

    @Test func copiesMove() async throws {
        try await put("a b+\u{e9}", "content")
        try await put("empty", "")
        let told = try await drain(acts: false)
        #expect(told.due == 2 && told.moved == 0 && directory.text("old/set/a b+\u{e9}") == "content")
        let report = try await drain()
        #expect(report.moved == 2 && report.movedBytes == 7 && report.kept.isEmpty)
        #expect(directory.text("new/set/a b+\u{e9}") == "content")
        #expect(!FileManager.default.fileExists(atPath: directory.file("old/set/a b+\u{e9}")))
        #expect(catalog.all == [new("a b+\u{e9}"), new("empty")])
        #expect(directory.text("events.jsonl").contains("\"moved\""))
        #expect(try await drain().due == 0)
    }

    @Test func whatIsNotRightStays() async throws {
        try await put("bad", "Content", as: "content")
        try await put("short", "x", as: "content")
        try directory.write("x", to: "old/set/unknown")
        try await catalog.registerAll([old("unknown")])
        let report = try await drain()
        #expect(report.moved == 0 && report.kept.count == 3)
        #expect(catalog.all == [old("bad"), old("short"), old("unknown")])
        #expect(directory.text("old/set/bad") == "Content")
        #expect(!FileManager.default.fileExists(atPath: directory.file("new/set/bad")))
        #expect(try IncomingDirectory(root: directory.file("new")).leftovers().isEmpty)
    }

    /// Of the right size, and of other content.
    @Test func anotherCopyThatIsBadIsNone() async throws {
        try await put("a", "content")
        try FileManager.default.createDirectory(atPath: directory.file("new/moved"), withIntermediateDirectories: true)
        try directory.write("CONTENT", to: "new/moved/a")
        try await catalog.registerAll([Mapping(lfn: "a", pfn: area.url(area.partitions[1], "moved/a"))])
        #expect(try await drain().moved == 1)
        #expect(directory.text("new/set/a") == "content" && catalog.all.contains(new("a")))
    }

    @Test func nothingGoesWhereNothingIsMounted() async throws {
        try await put("a", "content")
        let report = try await drain { _ in nil }
        #expect(report.moved == 0 && report.kept.first?.reason.contains("no partition has room") == true)
        #expect(directory.text("old/set/a") == "content" && catalog.all == [old("a")])
        // What is missing may be on what is not mounted.
        try FileManager.default.removeItem(atPath: directory.file("old/set/a"))
        guard case .failed(let cause) = CopyRemoval.remove("set/a", of: area.partitions[0]) else {
            Issue.record("taken for removed")
            return
        }
        #expect(cause.contains("mount"))
        try directory.write("", to: "old/.ldr-partition")
        #expect(CopyRemoval.remove("set/a", of: area.partitions[0]) == .absent)
    }

    @Test func whatWasCutOffIsGoneOnWith() async throws {
        try await put("landed", "content")
        try await put("registered", "content")
        try FileManager.default.createDirectory(
            atPath: directory.file("new/set"), withIntermediateDirectories: true)
        try directory.write("content", to: "new/set/landed")
        try directory.write("content", to: "new/set/registered")
        try await catalog.registerAll([new("registered")])
        let report = try await drain()
        #expect(report.moved == 2 && catalog.all == [new("landed"), new("registered")])
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("old/set")).isEmpty)
    }
}
