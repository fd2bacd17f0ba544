import Logging
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStoragePostgreSQL

@Suite struct PostgreSQLIndexStoreTests {
    private static func open(
        _ url: String, isPooled: Bool = false, partitions: Int = 4, patience: Duration = .seconds(30)
    ) throws -> PostgreSQLIndexStore {
        try PostgreSQLIndexStore(
            try PostgreSQLSettings(url: url, isPooled: isPooled, patience: patience), partitions: partitions,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test(arguments: IndexStoreContract.all.map(\.name))
    func contract(name: String) async throws {
        let store = try Self.open(try await TestDatabase().url)
        defer { store.shutdown() }
        let check = try #require(IndexStoreContract.all.first { $0.name == name }?.check)
        try await check(IndexProbe(store))
    }

    /// With nothing kept in the session, and one partition.
    @Test(arguments: ["senders", "index servers", "walks", "long names", "agrees with the model"])
    func contractBehindPooler(name: String) async throws {
        let store = try Self.open(try await TestDatabase().url, isPooled: true, partitions: 1)
        defer { store.shutdown() }
        let check = try #require(IndexStoreContract.all.first { $0.name == name }?.check)
        try await check(IndexProbe(store))
    }

    private static func put(_ sender: Int, _ names: [ByteString]) -> IndexChange {
        .put(ListPut(sender: sender, generation: 1, visible: 1...1, names: names))
    }

    private func record(_ id: Int, live: Int = 0, generation: Int = 0) -> ListSenderRecord {
        ListSenderRecord(id: id, url: "rls://\(id)", instance: "i", live: live, generation: generation)
    }

    @Test func everythingSurvivesARestart() async throws {
        let url = try await TestDatabase().url
        let first = try Self.open(url)
        try await IndexProbe(first).commit(
            .putSender(record(1, live: 3, generation: 5)), .addRLI(url: "rls://p", flags: 0, pattern: "a*"),
            Self.put(1, ["a", "b"]), Self.put(2, ["a"]))
        first.shutdown()
        await #expect(throws: StorageError(.closed, "the store is shut down")) {
            try await IndexProbe(first).commit(Self.put(1, ["c"]))
        }
        let second = try Self.open(url)
        defer { second.shutdown() }
        #expect(second.counts == IndexCounts(lfns: 2, mappings: 3))
        #expect(try second.makeReader().senders() == [record(1, live: 3, generation: 5)])
        #expect(try second.makeReader().rlis().map(\.patterns) == [["a*"]])
    }

    /// Own changes are no news, those of others are, and counts come with them.
    @Test func changesOfOthersAreNoticed() async throws {
        let url = try await TestDatabase().url
        let (first, second) = (try Self.open(url), try Self.open(url))
        defer {
            first.shutdown()
            second.shutdown()
        }
        let reader = first.makeReader()
        #expect(try reader.changedSenders() == [])
        #expect(try reader.changedSenders() == nil)
        try await IndexProbe(first).commit(.putSender(record(1)))
        #expect(try reader.changedSenders() == nil)
        try await IndexProbe(second).commit(.putSender(record(2)), Self.put(2, ["a"]))
        #expect(try reader.changedSenders() == [record(1), record(2)])
        #expect(first.counts == IndexCounts(lfns: 1, mappings: 1))
        try await IndexProbe(second).commit(Self.put(2, ["b"]))
        #expect(try reader.changedSenders() == nil)
        #expect(first.counts == IndexCounts(lfns: 2, mappings: 2))
        // Behind a change that was not seen, one's own does not hide it.
        try await IndexProbe(second).commit(.removeSender(2))
        try await IndexProbe(first).commit(.putSender(record(3)))
        #expect(try reader.changedSenders() == [record(1), record(3)])
    }

    /// A server that has missed the end of a list does not bring back the one before.
    @Test func listsDoNotGoBack() async throws {
        let store = try Self.open(try await TestDatabase().url)
        defer { store.shutdown() }
        let probe = IndexProbe(store)
        try await probe.commit(.putSender(record(1, live: 20, generation: 30)), .putSender(record(1, live: 10)))
        #expect(try store.makeReader().senders() == [record(1, live: 20, generation: 30)])
        // Where a list has no end there is none to be kept.
        let original = ListSenderRecord(id: 2, url: "rls://old", instance: "", live: 20)
        let other = ListSenderRecord(id: 2, url: "rls://old", instance: "", live: 0, generation: 20)
        try await probe.commit(.putSender(original), .putSender(other))
        #expect(try store.makeReader().senders().last == other)
    }

    /// Plans that were made for empty tables, and known to be empty, are quick for full ones.
    @Test func plansOutliveEmptyTables() async throws {
        let database = try await TestDatabase()
        let store = try Self.open(database.url)
        defer { store.shutdown() }
        let probe = IndexProbe(store)
        _ = try database.number("SELECT 1")
        _ = try database.connect().query("VACUUM ANALYZE rli.entry", by: Deadline(in: .seconds(30)))
        let names = (0..<40_000).map { ByteString("lfn://example.org/\($0)") }
        let reader = store.makeReader()
        func round(_ names: [ByteString]) async throws {
            try await probe.commit(Self.put(1, names), Self.put(2, names))
            try await probe.commit(.put(ListPut(sender: 1, generation: 2, visible: 1...1, names: names)))
            try reader.prefetch(names)
            #expect(try IndexProbe.entries(of: names[0], reader).count == 2)
            reader.release()
            try await probe.commit(.delete(sender: 2, names: names))
            let seen = IndexEntry(sender: 1, first: 1, last: 2)
            try await probe.commit(.purge(names.map { PurgeEntry(lfn: $0, entry: seen) }))
            #expect(store.counts == IndexCounts())
        }
        try await round(Array(names.prefix(1)))
        let begun = ContinuousClock.now
        try await round(names)
        #expect(ContinuousClock.now - begun < .seconds(Patience.seconds(20)))
    }

    /// The answer to a COMMIT is lost: it was made, and is not made again.
    @Test(arguments: [CuttingRelay.Cut.after, .before])
    func lostAnswer(cut: CuttingRelay.Cut) async throws {
        let url = try await TestDatabase().url
        let host = try await PostgreSQLServer.shared.host
        let relay = try await CuttingRelay(to: host)
        let store = try Self.open(url.replacing(host, with: relay.host), isPooled: true)
        defer { store.shutdown() }
        for number in 0..<5 {
            relay.cutNext(cut)
            try await IndexProbe(store).commit(Self.put(1, ["n\(number)", "same"]), .putSender(record(1)))
        }
        #expect(relay.count == 5)
        #expect(store.counts == IndexCounts(lfns: 6, mappings: 6))
    }

    @Test func opensWithoutTheDatabase() async throws {
        let server = try await PostgreSQLServer()
        let url = server.url(of: "postgres")
        let first = try Self.open(url)
        try await IndexProbe(first).commit(Self.put(1, ["a"]), .putSender(record(1)))
        first.shutdown()
        try await server.kill()
        let begun = ContinuousClock.now
        let store = try Self.open(url, patience: .seconds(1))
        defer { store.shutdown() }
        #expect(ContinuousClock.now - begun < .seconds(Patience.seconds(6)))
        #expect(throws: StorageError.self) { try store.makeReader().changedSenders() }
        await #expect(throws: StorageError.self) { try await IndexProbe(store).commit(Self.put(1, ["b"])) }
        try await server.start()
        #expect(try await eventually { (try? store.makeReader().changedSenders()) == [record(1)] })
        #expect(store.counts == IndexCounts(lfns: 1, mappings: 1))
        #expect(try await eventually { (try? await IndexProbe(store).commit(Self.put(1, ["b"]))) != nil })
        #expect(store.counts == IndexCounts(lfns: 2, mappings: 2))
    }
}
