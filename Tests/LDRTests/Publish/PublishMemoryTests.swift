import Foundation
import RLSCore
import RLSStorage
import RLSStorageSQLite
import RLSTestSupport
import SystemPackage
import Testing

@testable import LDR

/// What a daemon that watches directories publishes again after it has started anew.
@Suite struct PublishMemoryTests {
    private let directory: TemporaryDirectory
    private let metadata: MetadataStore
    private let work: WorkStore
    private let catalog = MemoryCatalog()

    init() throws {
        directory = try TemporaryDirectory()
        metadata = try MetadataStore(path: directory.file("metadata.db"), site: "here")
        work = try WorkStore(path: directory.file("work.db"))
        try FileManager.default.createDirectory(atPath: directory.file("new/d"), withIntermediateDirectories: true)
        for name in ["a", "b", "d/c"] { try directory.write(name, to: "new/" + name) }
    }

    private func files() -> [CandidateFile] {
        var collector = FileCollector(naming: .belowArgument)
        var found: [CandidateFile] = []
        collector.collect([FilePath(directory.file("new"))]) { if case .file(let file) = $0 { found.append(file) } }
        return found
    }

    /// - Returns: new and changed, unchanged, both of those that were read
    @discardableResult
    private func publish(words: String? = "set", remembering: Bool = true) async throws -> [Int] {
        var settings = Publisher.Settings()
        settings.collection = words ?? "by hand"
        settings.onlyNews = words
        let area = try StorageArea(
            partitions: [StoragePartition(name: "main", root: directory.file("new"), url: "gsiftp://here/new")],
            layout: LayoutTemplate(parsing: "{lfn}"))
        let report = try await Publisher(
            area, metadata: metadata, catalog: catalog,
            events: EventLog(path: directory.file("events.jsonl"), site: "here"), threads: FileThreads(2),
            settings: settings, memory: remembering ? work : nil
        ).publish(files())
        #expect(report.problems == [])
        return [report.new + report.changed, report.unchanged]
    }

    private func isKnown(_ lfn: ByteString) throws -> Bool { try metadata.record(of: lfn) != nil }

    @Test func onlyWhatIsNewOrChangedIsRead() async throws {
        #expect(try await publish() == [3, 0])
        #expect(try await publish() == [0, 0])
        try directory.write("other", to: "new/b")
        try directory.write("more", to: "new/e")
        #expect(try await publish() == [2, 0])
        // Other settings make other metadata.
        #expect(try await publish(words: "another") == [4, 0])
        // By hand everything is read, and those settings stay.
        #expect(try await publish(words: nil) == [4, 0])
        #expect(try await publish() == [0, 0])
    }

    @Test func withdrawnFilesStayWithdrawn() async throws {
        try await publish()
        #expect(try metadata.delete(["a", "d/c"]) == 2)
        #expect(try await publish() == [0, 0])
        // A link to it changes nothing of its content.
        try FileManager.default.linkItem(atPath: directory.file("new/a"), toPath: directory.file("link"))
        #expect(try await publish() == [0, 0])
        try directory.write("other content", to: "new/a")
        #expect(try await publish() == [1, 0])
        #expect(try isKnown("a") && !isKnown("d/c"))
        #expect(try await publish(words: nil) == [3, 0])
        #expect(try isKnown("d/c"))
        #expect(try await publish() == [0, 0])
    }

    /// As after the files were copied to another disk with their times.
    @Test func anotherDiskBringsNoWithdrawnFilesBack() async throws {
        try await publish()
        try metadata.delete(["a", "d/c"])
        try work.file.connection.execute("UPDATE published SET inode = inode + 1, changed = changed - 1")
        #expect(try await publish() == [0, 1])
        #expect(try !isKnown("a") && !isKnown("d/c") && isKnown("b"))
    }

    /// Also where this site forgot what it published.
    @Test func whatAnotherSiteWithdrewStaysWithdrawn() async throws {
        try await publish()
        let word = try #require(try metadata.lastWord(on: "a"))
        let stamp = ChangeStamp(clock: HybridClock.stamp(HybridClock.milliseconds() + 1_000), site: "there")
        #expect(word.clock < stamp.clock)
        let deletion = MetadataChange(lfn: "a", content: nil, stamp: stamp)
        let position = PeerPosition(site: "there", epoch: "e", change: 1)
        #expect(try metadata.apply([deletion], of: position) == 1)
        #expect(try await publish() == [0, 0])
        #expect(try await publish(words: "another") == [2, 0])
        try work.file.connection.execute("DELETE FROM published")
        #expect(try await publish() == [2, 0])
        #expect(try !isKnown("a"))
        let words = try metadata.lastWords(on: ["a", "b", "never"])
        #expect(words.count == 2 && words["a"]?.record == nil && words["b"]?.record != nil)
    }

    @Test func withdrawnFilesStayWithdrawnWithoutMemory() async throws {
        try await publish()
        try metadata.delete(["a", "d/c"])
        #expect(try await publish(remembering: false) == [0, 1])
        try work.file.connection.execute("DELETE FROM published")
        #expect(try await publish() == [0, 1])
        #expect(try await publish() == [0, 0])
        // The clock of files is a coarse one: what is written now may count as written some milliseconds ago.
        let isNew = try await eventually {
            try directory.write("new content", to: "new/a")
            return try await publish(remembering: false)[0] == 1
        }
        #expect(isNew)
        #expect(try isKnown("a") && !isKnown("d/c"))
    }

    @Test func otherMetadataBeginAnew() async throws {
        try await publish()
        try metadata.beginEpoch()
        #expect(try await publish() == [0, 3])
        // As after an older state was restored.
        try metadata.tables.write { (state) throws(StorageError) in state.change = 2 }
        #expect(try await publish() == [0, 3])
        #expect(try await publish() == [0, 0])
    }

    @Test func filesThatAreGoneAreForgotten() async throws {
        try await publish()
        try work.forgetPublished(below: FilePath(directory.file("new"))) { $0.lastComponent != "c" }
        #expect(try work.file.connection.integer("SELECT count(*) FROM published") == 2)
        try work.forgetPublished(below: FilePath(directory.file("ne"))) { _ in false }
        #expect(try work.file.connection.integer("SELECT count(*) FROM published") == 2)
    }
}
