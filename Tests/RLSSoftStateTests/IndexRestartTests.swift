import Foundation
import NIOConcurrencyHelpers
import NIOCore
import RLSCore
import RLSFilter
import RLSStorage
import RLSStorageSQLite
import RLSTestSupport
import RLSWire
import Testing

@testable import RLSSoftState

/// What an index knows after it has been started again.
@Suite struct IndexRestartTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func save(_ node: TestIndex) throws {
        let archive = try #require(node.archive)
        for id in archive.due(at: node.index.clock.seconds, all: true) {
            let sender = try #require(node.index.table.withLockedValue { $0[id] })
            archive.save(sender, try #require(node.index.filters.extract(id)))
        }
    }

    @Test func listsAndFiltersAreBack() async throws {
        let time = TestTime()
        do {
            let node = try TestIndex(in: directory, time: time)
            try await node.sendList(origin(interval: 1_000), ["a", "b"])
            try await node.send(whole(["f"], origin("rls://f:1", path: ["rls://p:1"])))
            try await node.send(legacy(["l"], url: "rls://l:1"))
            // Under way when the index ends.
            let token = try #require(try await node.send(.listBegin(ListBeginArguments(origin("rls://half:1")))))
            try await node.send(
                .listPart(ListPartArguments(url: "rls://half:1", instance: "i1", token: token, names: ["h"])))
            try save(node)
        }
        time.advance(seconds: 60)
        let again = try TestIndex(in: directory, time: time)
        #expect(try again.locations("a") == ["rls://lrc:1"])
        #expect(try again.locations("f") == ["rls://f:1"])
        #expect(try again.locations("l") == ["rls://l:1"])
        #expect(try again.locations("h").isEmpty)
        // Deltas go on where they were.
        let empty = FilterDeltaArguments(
            origin: origin("rls://f:1", path: ["rls://p:1"]), names: 1,
            old: FilterVersion(epoch: "e", number: 1), newNumber: 1, delta: .init())
        try await again.send(.filterDelta(empty))
        // As old as they are: the filter that was not refreshed goes at its time.
        time.advance(seconds: 61)
        #expect(try again.locations("l").isEmpty)
        #expect(try again.locations("a") == ["rls://lrc:1"])
    }

    @Test func filesOfTheOriginalAreRead() throws {
        var filter = FilterBits(FilterShape.legacy(names: 100, bitsPerName: 30, hashes: 3))
        let name: ByteString = "lfn1"
        let bytes = name.bytes
        filter.insert(bytes.span)
        try FileManager.default.createDirectory(
            atPath: directory.file("filters"), withIntermediateDirectories: true)
        let file = try #require(filter.legacyFile)
        try Data(file).write(to: URL(fileURLWithPath: directory.file("filters/rls:%%old:39281.bf")))
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: directory.file("filters/rls:%%bad:1.bf")))
        try Data("rls-filter-1\0nonsense".utf8).write(
            to: URL(fileURLWithPath: directory.file("filters/x.filter")))
        let saved = try #require(try TestIndex(in: directory).archive).load()
        #expect(saved.map(\.arguments.origin.url) == ["rls://old:39281"])
        #expect(saved[0].arguments.names == 1)
    }

    /// Any end of a file, and any byte of it changed, is either read or refused; nothing traps.
    @Test func damagedFiles() async throws {
        let node = try TestIndex(in: directory)
        try await node.send(whole(["f"]))
        try save(node)
        let path = directory.file("filters/rls:%%lrc:1%i1.filter")
        let good = try Data(contentsOf: URL(fileURLWithPath: path))
        for length in [0, 1, 13, 40, good.count - 1] {
            try good.prefix(length).write(to: URL(fileURLWithPath: path))
            node.receiver.restore(try #require(node.archive).load())
        }
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            var bad = good
            bad[Int.random(in: 0..<min(100, bad.count), using: &generator)] = UInt8.random(
                in: 0...255, using: &generator)
            try bad.write(to: URL(fileURLWithPath: path))
            node.receiver.restore(try #require(node.archive).load())
        }
    }

    @Test func staleSendersAndTheirNamesAreRemoved() async throws {
        let node = try TestIndex(in: directory)
        let upkeep = IndexUpkeep(node.receiver)
        try await node.sendList(origin(), ["a", "b"])
        try await node.sendList(origin(), ["b"])
        try await node.sendList(origin("rls://other:1", interval: 100_000), ["b", "c"])
        #expect(node.store?.counts.mappings == 4)
        await upkeep.removeWhatIsStale()
        #expect(node.store?.counts.mappings == 3)
        node.time.advance(seconds: 1_000)
        await upkeep.removeWhatIsStale()
        #expect(node.store?.counts.mappings == 2)
        #expect(try node.shown() == ["b", "c"])
    }
}
