import NIOConcurrencyHelpers
import RLSCore
import RLSStorage
import RLSTestSupport
import RLSWire
import Testing

@testable import RLSSoftState

/// Two index servers on one database; each updates comes to one of them.
@Suite struct SharedIndexTests {
    private struct Pair {
        let first: TestIndex
        let second: TestIndex
        let time = TestTime()

        init() async throws {
            let database = try await PostgreSQLServer.shared.freshDatabase()
            first = try TestIndex(in: try TemporaryDirectory(), time: time, database: database)
            second = try TestIndex(in: try TemporaryDirectory(), time: time, database: database)
            // Neither would wait long for the tables.
            for node in [first, second] { _ = try node.store?.makeReader().senders() }
        }
    }

    private func changes(_ changes: NameChange..., origin: UpdateOrigin = origin()) -> IndexUpdate {
        .listChanges(ListChangesArguments(origin: origin, changes: changes))
    }

    private func part(_ names: [ByteString], _ token: Int) -> IndexUpdate {
        .listPart(ListPartArguments(url: "rls://lrc:1", instance: "i1", token: token, names: names))
    }

    private func end(_ token: Int, names: Int) -> IndexUpdate {
        .listEnd(ListEndArguments(url: "rls://lrc:1", instance: "i1", token: token, names: names))
    }

    /// Whichever server an update comes to, it goes on from what the other has.
    @Test func updatesComeToEither() async throws {
        let pair = try await Pair()
        try await pair.first.sendList(origin(), ["a", "b"])
        #expect(try await pair.second.followsStore())
        #expect(try pair.second.locations("a") == ["rls://lrc:1"])
        // Without a look in between: the update itself looks.
        try await pair.first.sendList(origin(), ["b", "c"])
        try await pair.second.send(changes(.added("d"), .deleted("b")))
        for node in [pair.first, pair.second] {
            #expect(try await node.followsStore())
            #expect(try node.shown() == ["c", "d"])
            #expect(node.index.freshSenders.map(\.names) == [2])
            #expect(node.store?.counts.lfns == 3)
        }
        try await pair.second.sendList(origin(), ["x"])
        try await pair.first.sendList(origin("rls://other:1"), ["y"])
        #expect(try await pair.second.followsStore())
        #expect(try pair.second.shown() == ["x", "y"])
        #expect(Set(pair.second.index.freshSenders.map(\.id)).count == 2)
    }

    /// What one server has of a list under way, the upkeep of the other leaves alone.
    @Test func listsUnderWayAreNotPurged() async throws {
        let pair = try await Pair()
        try await pair.first.sendList(origin(), ["a", "b"])
        let token = try #require(try await pair.first.send(.listBegin(ListBeginArguments(origin()))))
        try await pair.first.send(part(["b", "c"], token))
        let new = origin("rls://new:1")
        let newToken = try #require(try await pair.first.send(.listBegin(ListBeginArguments(new))))
        try await pair.first.send(
            .listPart(ListPartArguments(url: new.url, instance: new.instance, token: newToken, names: ["n"])))
        await IndexUpkeep(pair.second.receiver).removeWhatIsStale()
        #expect(try pair.second.shown() == ["a", "b"])
        try await pair.first.send(end(token, names: 2))
        try await pair.first.send(
            .listEnd(ListEndArguments(url: new.url, instance: new.instance, token: newToken, names: 1)))
        await IndexUpkeep(pair.second.receiver).removeWhatIsStale()
        for node in [pair.first, pair.second] { #expect(try node.shown() == ["b", "c", "n"]) }
        #expect(pair.second.store?.counts == IndexCounts(lfns: 3, mappings: 3))
    }

    /// The list that began last counts, wherever it began.
    @Test func aNewerListElsewhereEndsOneUnderWay() async throws {
        let pair = try await Pair()
        let token = try #require(try await pair.first.send(.listBegin(ListBeginArguments(origin()))))
        try await pair.first.send(part(["old", "both"], token))
        let newer = try #require(try await pair.second.send(.listBegin(ListBeginArguments(origin()))))
        #expect(newer > token)
        #expect(try await pair.first.followsStore())
        await #expect(throws: CatalogError(.lrcNotFound, "rls://lrc:1")) {
            try await pair.first.send(end(token, names: 2))
        }
        try await pair.second.send(part(["both", "new"], newer))
        try await pair.second.send(end(newer, names: 2))
        await IndexUpkeep(pair.second.receiver).removeWhatIsStale()
        #expect(try await pair.first.followsStore())
        for node in [pair.first, pair.second] { #expect(try node.shown() == ["both", "new"]) }
        #expect(pair.first.store?.counts.mappings == 2)
    }

    @Test func whatOneForgetsTheOtherDrops() async throws {
        let pair = try await Pair()
        try await pair.first.sendList(origin(), ["a"])
        try await pair.second.sendList(origin("rls://long:1", interval: 100_000), ["b"])
        #expect(try await pair.first.followsStore())
        pair.time.advance(seconds: 1_000)
        // Refreshed at one: not stale at the other, which has not heard of it yet.
        try await pair.first.send(changes(origin: origin("rls://long:1", interval: 1)))
        pair.time.advance(seconds: 1)
        await IndexUpkeep(pair.second.receiver).removeWhatIsStale()
        #expect(pair.second.index.table.withLockedValue { $0.all.map(\.key.url) } == ["rls://long:1"])
        #expect(try await pair.first.followsStore())
        #expect(pair.first.index.table.withLockedValue { $0.all.map(\.key.url) } == ["rls://long:1"])
        #expect(pair.first.store?.counts == IndexCounts(lfns: 1, mappings: 1))
    }

    private func takes(_ update: IndexUpdate, _ node: TestIndex) async -> Bool {
        do { try await node.send(update) } catch { return false }
        return true
    }

    /// Nothing is known at first; what is there is found when the database is.
    @Test func startsWithoutTheDatabase() async throws {
        let server = try await PostgreSQLServer()
        let url = server.url(of: "postgres")
        let time = TestTime()
        let earlier = try TestIndex(in: try TemporaryDirectory(), time: time, database: url)
        _ = try earlier.store?.makeReader().senders()
        try await earlier.sendList(origin(), ["a"])
        try await server.shutDown()
        let node = try TestIndex(
            in: try TemporaryDirectory(), time: time, database: url, patience: .seconds(2))
        // Filters do without it.
        try await node.send(whole(["f"], origin("rls://filter:1")))
        #expect(!node.receiver.hasFollowedStore())
        #expect(throws: StorageError.self) { try node.locations("a") }
        await #expect(throws: CatalogError.self) { try await node.send(changes(.added("b"))) }
        await IndexUpkeep(node.receiver).removeWhatIsStale()
        try await server.start()
        #expect(try await node.followsStore())
        #expect(try await eventually { (try? node.locations("a")) == ["rls://lrc:1"] })
        #expect(try await eventually { (try? node.locations("f")) == ["rls://filter:1"] })
        #expect(try await eventually { await takes(changes(.added("b")), node) })
        await IndexUpkeep(node.receiver).removeWhatIsStale()
        #expect(try await eventually { (try? node.shown()) == ["a", "b"] })
    }
}
