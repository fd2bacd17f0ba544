import Foundation
import RLSCore
import RLSTestSupport
import SystemPackage
import Testing

@testable import LDR

@Suite struct PublisherTests {
    private let directory: TemporaryDirectory
    private let metadata: MetadataStore
    private let catalog = MemoryCatalog()

    init() throws {
        directory = try TemporaryDirectory()
        metadata = try MetadataStore(path: directory.file("metadata.db"), site: "here")
        for name in ["files/.ldr-quarantine/d", "files/d/.ldr-incoming", "files/state/scratch", "files/log"] {
            try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
        }
        for name in [
            "good", ".ldr-quarantine/d/bad", "d/.ldr-incoming/7.part", "state/work.db", "state/scratch/x", "log/1.seg",
            "d/fine",
        ] { try directory.write(name, to: "files/" + name) }
    }

    private var own: OwnDirectories {
        OwnDirectories([directory.file("files/state"), directory.file("files/log"), ""])
    }

    private func area() throws -> StorageArea {
        try StorageArea(
            partitions: [StoragePartition(name: "main", root: directory.file("files"), url: "gsiftp://here/files")],
            layout: LayoutTemplate(parsing: "{lfn}"))
    }

    private func publisher(
        _ catalog: MemoryCatalog? = nil, _ settings: (inout Publisher.Settings) -> Void = { _ in }
    ) throws -> Publisher {
        var all = Publisher.Settings()
        all.own = own
        settings(&all)
        return Publisher(
            try area(), metadata: metadata, catalog: catalog ?? self.catalog,
            events: EventLog(path: directory.file("events.jsonl"), site: "here"), threads: FileThreads(2), settings: all
        )
    }

    private func file(_ name: String, lfn: ByteString? = nil) throws -> CandidateFile {
        let path = FilePath(directory.file("files/" + name))
        guard case .file(let state) = try FileEntry(path, followsLinks: true) else {
            throw FileProblem(path, "is no file")
        }
        return CandidateFile(state: state, lfn: lfn ?? ByteString(name))
    }

    @Test func whatTheDaemonsKeepIsNotFound() throws {
        var collector = FileCollector(naming: .belowArgument, leaving: own.avoided(try area().partitions))
        var found: [ByteString] = []
        collector.collect([FilePath(directory.file("files"))]) { item in
            if case .file(let file) = item { found.append(file.lfn) }
        }
        #expect(found.sorted() == ["d/fine", "good"])
        // A partition may lie in the daemons' directory.
        let around = OwnDirectories([directory.path])
        #expect(around.avoided(try area().partitions).isEmpty)
    }

    @Test func whatTheDaemonsKeepIsRefused() async throws {
        symlink(directory.file("files/log"), directory.file("files/d/link"))
        let bad = [".ldr-quarantine/d/bad", "d/.ldr-incoming/7.part", "state/scratch/x", "log/1.seg", "d/link/1.seg"]
        let report = try await publisher().publish(try (bad + ["good"]).map { try file($0) })
        #expect(report.new == 1)
        #expect(report.problems.map(\.path.lastComponent?.string) == ["bad", "7.part", "x", "1.seg", "1.seg"])
        #expect(report.problems.first?.message.contains(".ldr-") == true)
        #expect(report.problems.last?.message.contains("log_directory") == true)
        #expect(await catalog.allCopies() == [Mapping(lfn: "good", pfn: "gsiftp://here/files/good")])
        let inside = try await publisher { $0.own = OwnDirectories([directory.path]) }.publish([try file("d/fine")])
        #expect(inside.new == 1)
    }

    @Test func oneRefusedFileDoesNotHinderOthers() async throws {
        let choosy = MemoryCatalog(refusing: ["refused"])
        let long = String(repeating: "x", count: 5_000)
        let attribute = ["a": MetadataValue.text(String(repeating: "y", count: 60_000))]
        let files = [
            try file("good"), try file("d/fine", lfn: "refused"), try file("good", lfn: ByteString(long)),
        ]
        let report = try await publisher(choosy).publish(files)
        #expect(report.problems.count == 2 && report.new == 1)
        // What has no copy has no metadata: others would look for it.
        #expect(try metadata.record(of: "refused") == nil && metadata.record(of: "good") != nil)
        #expect(report.problems.contains { $0.message.contains("5000 bytes") })
        #expect(report.problems.contains { $0.message.contains("not this one") })
        #expect(await choosy.allCopies().map(\.lfn) == ["good"])
        // A record beyond the limits, too.
        let large = ByteString(String(repeating: "z", count: 4_000))
        let second = try await publisher {
            $0.attributes = attribute
            $0.collection = String(repeating: "c", count: 2_000)
        }
        .publish([try file("d/fine"), try file("good", lfn: large)])
        #expect(second.new == 1 && second.problems.count == 1)
        #expect(second.problems.first?.message.contains("beyond the limits") == true)
        #expect(try metadata.record(of: large) == nil)
    }
}
