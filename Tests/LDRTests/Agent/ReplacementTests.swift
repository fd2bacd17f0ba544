import Foundation
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

/// Files that arrive where an earlier content of theirs, or another file, has the place.
@Suite struct ReplacementTests {
    private let directory: TemporaryDirectory
    private let area: StorageArea
    private let catalog = MemoryCatalog()

    init() throws {
        directory = try TemporaryDirectory()
        let root = directory
        for name in ["one", "two"] {
            try FileManager.default.createDirectory(atPath: root.file(name), withIntermediateDirectories: false)
        }
        area = try StorageArea(
            partitions: ["one", "two"].map {
                try StoragePartition(name: $0, root: root.file($0), url: ByteString("gsiftp://here/" + $0))
            }, layout: LayoutTemplate(parsing: "{lfn}"))
    }

    private func land(
        _ content: String, wasFetched: Bool = true, publisher: String = "there", kinds: Set<ChecksumKind> = [.sha256],
        now: (publisher: String, content: String)? = nil, catalog: (any CopyCatalog)? = nil
    ) async throws {
        let partition = area.partitions[0]
        let temporary = directory.file("new.part")
        try directory.write(content, to: "new.part")
        let (size, checksums) = try ContentDigest.of(path: temporary, kinds: kinds)
        let record = FileRecord(lfn: "x", size: size, checksums: checksums)
        let plan = ArrivalPlan(
            want: Want(
                id: 1, lfn: "x", size: size, subscriptions: 1, state: .active, since: 0, nextTry: 0, attempts: 0),
            record: record, temporaryPath: temporary, publisher: publisher, partition: partition, path: "x",
            pfn: area.url(partition, "x"))
        try await Replacement(
            site: "here", area: area, catalog: catalog ?? self.catalog, landing: Landing(),
            events: EventLog(path: directory.file("events.jsonl"), site: "here")
        ).land(
            TransferRequest(id: 1, source: "http://there/x", destination: temporary, expected: record), plan,
            wasFetched: wasFetched
        ) { [record] in
            var current = record
            if let now { current = FileRecord(lfn: "x", size: Int64(now.content.utf8.count), checksums: checksums) }
            return KnownFile(
                described: DescribedFile(record: current, publisher: now?.publisher ?? publisher), isBrought: true)
        }
    }

    private func failure(_ body: () async throws -> Void) async -> TransferFailure? {
        do { try await body() } catch { return error as? TransferFailure }
        return nil
    }

    @Test func earlierContentGoesIntoQuarantine() async throws {
        try directory.write("old", to: "one/x")
        catalog.add("x", "gsiftp://here/one/x")
        try await land("new")
        #expect(directory.text("one/x") == "new")
        #expect(directory.text("one/.ldr-quarantine/x") == "old")
        // Never taken out: a daemon that is killed in the middle still finds whose place it is.
        #expect(await catalog.allCopies() == [Mapping(lfn: "x", pfn: "gsiftp://here/one/x")])
        try await land("newer")
        #expect(directory.text("one/x") == "newer")
        #expect(directory.text("one/.ldr-quarantine/x.2") == "new")
    }

    @Test func earlierContentInAnotherPartitionIsForgotten() async throws {
        try directory.write("old", to: "two/sub-x")
        for pfn in ["gsiftp://here/one/x", "gsiftp://here/two/sub-x", "gsiftp://far/x"] {
            catalog.add("x", ByteString(pfn))
        }
        try await land("new")
        #expect(directory.text("one/x") == "new")
        #expect(directory.text("two/.ldr-quarantine/sub-x") == "old")
        let left = Set(await catalog.allCopies().map(\.pfn))
        #expect(left == ["gsiftp://here/one/x", "gsiftp://far/x"])
    }

    @Test func whatWasNotBroughtAsThisFileStays() async throws {
        try directory.write("old", to: "one/x")
        let unknown = await failure { try await land("new") }
        #expect(unknown?.kind == .occupied && unknown?.message.contains("move it away") == true)
        catalog.add("x", "gsiftp://here/one/x")
        #expect(await failure { try await land("new", wasFetched: false) }?.kind == .occupied)
        let own = await failure { try await land("new", publisher: "here") }
        #expect(own?.kind == .occupied && own?.message.contains("this site published") == true)
        catalog.add("y", "gsiftp://here/one/x")
        let shared = await failure { try await land("new") }
        #expect(shared?.message.contains("is the copy of y") == true)
        #expect(directory.text("one/x") == "old")
        #expect(!FileManager.default.fileExists(atPath: directory.file("one/.ldr-quarantine")))
    }

    @Test func metadataThatHaveChangedMeanwhileCount() async throws {
        try directory.write("old", to: "one/x")
        try directory.write("old", to: "two/x")
        for name in ["one", "two"] { catalog.add("x", ByteString("gsiftp://here/\(name)/x")) }
        for now in [("here", "new"), ("there", "newer")] {
            let failed = await failure { try await land("new", now: now) }
            #expect(failed?.message.contains("have changed") == true)
            #expect(
                directory.text("one/x") == "old" && !FileManager.default.fileExists(atPath: directory.file("new.part")))
        }
        try FileManager.default.removeItem(atPath: directory.file("one/x"))
        try await land("new", now: ("here", "new"))
        #expect(directory.text("one/x") == "new" && directory.text("two/x") == "old")
    }

    @Test func withoutChecksumsNobodyCanTell() async throws {
        try directory.write("old", to: "one/x")
        catalog.add("x", "gsiftp://here/one/x")
        let failed = await failure { try await land("new", kinds: []) }
        #expect(failed?.kind == .occupied && failed?.message.contains("no checksum") == true)
        #expect(directory.text("one/x") == "old")
        try await land("longer", kinds: [])
        #expect(directory.text("one/x") == "longer")
    }

    @Test func withoutTheCatalogNothingIsReplaced() async throws {
        try directory.write("old", to: "one/x")
        let failed = await failure { try await land("new", catalog: SilentCatalog()) }
        #expect(failed?.kind == .catalog)
        #expect(directory.text("one/x") == "old" && directory.text("new.part") == "new")
    }

    @Test func nothingInQuarantineIsReplaced() throws {
        try FileManager.default.createDirectory(
            atPath: directory.file("one/.ldr-quarantine"), withIntermediateDirectories: false)
        for number in 1...1_000 {
            try directory.write("\(number)", to: "one/.ldr-quarantine/x" + (number == 1 ? "" : ".\(number)"))
        }
        try directory.write("new", to: "one/x")
        #expect(Quarantine(area.partitions[0]).take("x")?.contains("remove some") == true)
        #expect(directory.text("one/x") == "new" && directory.text("one/.ldr-quarantine/x.1000") == "1000")
    }

    @Test func whatCannotBePutAsideStays() async throws {
        try directory.write("old", to: "one/x")
        try directory.write("no directory", to: "one/.ldr-quarantine")
        catalog.add("x", "gsiftp://here/one/x")
        #expect(await failure { try await land("new") }?.kind == .localError)
        #expect(directory.text("one/x") == "old" && directory.text("new.part") == "new")
    }
}

/// It does not answer.
private struct SilentCatalog: CopyCatalog {
    private struct Silence: Error {}

    func copies(of lfns: [ByteString]) async throws -> [Mapping] { throw Silence() }
    func owners(of pfns: [ByteString]) async throws -> [Mapping] { throw Silence() }
    func register(_ copies: [Mapping]) async throws -> [RefusedCopy] { throw Silence() }
    func unregister(_ copies: [Mapping]) async throws { throw Silence() }
}
