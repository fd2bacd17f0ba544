import NIOConcurrencyHelpers
import NIOCore
import RLSConfiguration
import RLSCore
import RLSFilter
import RLSStorage
import RLSTestSupport
import RLSWire
import Testing

@testable import RLSSoftState

@Suite struct UpdateReceiverTests {
    private let directory: TemporaryDirectory
    private let node: TestIndex
    private let url: ByteString = "rls://lrc:1"

    init() throws {
        directory = try TemporaryDirectory()
        node = try TestIndex(in: directory)
    }

    // MARK: Lists

    @Test func aListShowsWhenItIsComplete() async throws {
        let token = try #require(try await node.send(.listBegin(ListBeginArguments(origin()))))
        try await node.send(.listPart(ListPartArguments(url: url, instance: "i1", token: token, names: ["a", "b"])))
        #expect(try node.locations("a").isEmpty)
        #expect(node.index.senderItems.isEmpty)
        try await node.send(.listEnd(ListEndArguments(url: url, instance: "i1", token: token, names: 2)))
        #expect(try node.locations("a") == [url])
        try await node.sendList(origin(), ["b", "c"])
        #expect(try ["a", "b", "c"].map { try node.locations($0).count } == [0, 1, 1])
    }

    /// The catalog dies in the middle: what was there stays, and the next list is right.
    @Test func aBrokenListChangesNothing() async throws {
        try await node.sendList(origin(), ["a", "b"])
        let token = try #require(try await node.send(.listBegin(ListBeginArguments(origin()))))
        try await node.send(.listPart(ListPartArguments(url: url, instance: "i1", token: token, names: ["b", "x"])))
        #expect(try node.shown() == ["a", "b"])
        let next = try #require(try await node.send(.listBegin(ListBeginArguments(origin()))))
        #expect(next > token)
        // The first is not taken up again.
        await #expect(throws: CatalogError(.lrcNotFound, url)) {
            try await node.send(.listPart(ListPartArguments(url: url, instance: "i1", token: token, names: ["y"])))
        }
        try await node.send(.listPart(ListPartArguments(url: url, instance: "i1", token: next, names: ["a"])))
        try await node.send(.listEnd(ListEndArguments(url: url, instance: "i1", token: next, names: 1)))
        #expect(try node.shown() == ["a"])
    }

    @Test func changesInOrder() async throws {
        await #expect(throws: CatalogError(.lrcNotFound, url)) {
            try await node.send(.listChanges(ListChangesArguments(origin: origin(), changes: [.added("a")])))
        }
        try await node.sendList(origin(), ["a"])
        let changes: [NameChange] = [
            .added("b"), .deleted("b"), .added("c"), .deleted("a"), .added("a"), .deleted("c"),
        ]
        try await node.send(.listChanges(ListChangesArguments(origin: origin(), changes: changes)))
        #expect(try node.shown() == ["a"])
    }

    /// Changes of one connection while another sends a list: that list would undo them.
    @Test func changesEndAListUnderWay() async throws {
        try await node.sendList(origin(), ["a"])
        let token = try #require(try await node.send(.listBegin(ListBeginArguments(origin()))))
        try await node.send(.listChanges(ListChangesArguments(origin: origin(), changes: [.added("b")])))
        await #expect(throws: CatalogError(.lrcNotFound, url)) {
            try await node.send(.listEnd(ListEndArguments(url: url, instance: "i1", token: token, names: 0)))
        }
        #expect(try node.shown() == ["a", "b"])
    }

    // MARK: Time

    @Test func stateThatIsNotRefreshedDoesNotShow() async throws {
        try await node.sendList(origin(), ["a"])
        try await node.send(whole(["f"], origin("rls://f:1")))
        node.time.advance(seconds: 119)
        #expect(try node.locations("a") == [url] && node.locations("f") == ["rls://f:1"])
        try await node.send(.listChanges(ListChangesArguments(origin: origin(), changes: [])))
        try await node.send(delta("rls://f:1", from: 1, to: 1, bits: []))
        node.time.advance(seconds: 119)
        #expect(try node.locations("a") == [url] && node.locations("f") == ["rls://f:1"])
        node.time.advance(seconds: 2)
        #expect(try node.locations("a").isEmpty && node.locations("f").isEmpty)
        #expect(node.index.senderItems.isEmpty)
        // A list that is out of date cannot be changed, only replaced.
        await #expect(throws: CatalogError(.lrcNotFound, url)) {
            try await node.send(.listChanges(ListChangesArguments(origin: origin(), changes: [])))
        }
    }

    /// The original never says that a list is whole: each name for itself.
    @Test func namesOfTheOriginalAgeOneByOne() async throws {
        let send = { (names: [NameChange]) in
            try await node.send(.names(ListUpdateArguments(sender: url, changes: names)))
        }
        _ = try await send([.added("a"), .added("b"), .added("c")])
        node.time.advance(seconds: 80_000)
        _ = try await send([.added("a"), .deleted("c")])
        #expect(try node.shown() == ["a", "b"])
        node.time.advance(seconds: 10_000)
        #expect(try node.shown() == ["a"])
        node.time.advance(seconds: 80_000)
        #expect(try node.shown().isEmpty)
        _ = try await send([.added("b")])
        #expect(try node.shown() == ["b"])
    }

    /// The system's clock is set back between two runs: what was saved is not from the future for long.
    @Test func aClockThatWasSetBack() {
        let time = TestTime()
        let clock = time.clock(notBefore: 1_800_000_900_000)
        #expect(clock.now == 1_800_000_900_000)
        time.advance(seconds: 5)
        #expect(clock.seconds == 1_800_000_905)
    }

    // MARK: Filters

    private func delta(
        _ url: ByteString, epoch: ByteString = "e", from: Int, to: Int, bits: [UInt8]
    ) -> IndexUpdate {
        .filterDelta(
            FilterDeltaArguments(
                origin: origin(url), names: 1, old: FilterVersion(epoch: epoch, number: from), newNumber: to,
                delta: ByteBuffer(bytes: bits)))
    }

    @Test func aDeltaNeedsItsVersion() async throws {
        await #expect(throws: CatalogError(.lrcNotFound, url)) {
            try await node.send(delta(url, from: 1, to: 2, bits: []))
        }
        try await node.send(whole(["a"]))
        #expect(try node.locations("a") == [url])
        await #expect(throws: CatalogError(.lrcNotFound, url)) {
            try await node.send(delta(url, from: 2, to: 3, bits: []))
        }
        await #expect(throws: CatalogError(.lrcNotFound, url)) {
            try await node.send(delta(url, epoch: "f", from: 1, to: 3, bits: []))
        }
        // Every bit of "a" is cleared.
        let shape = FilterShape.sized(names: 1_000, oneIn: 100_000)
        var counting = CountingFilter(shape)
        let name: ByteString = "a"
        let bytes = name.bytes
        counting.insert(bytes.span)
        let before = counting.version
        counting.remove(bytes.span)
        let removed = try #require(counting.delta(since: before)).encoded()
        try await node.send(delta(url, from: 1, to: 2, bits: removed))
        #expect(try node.locations("a").isEmpty)
        await #expect(throws: CatalogError(.badArgument, "delta")) {
            try await node.send(delta(url, from: 2, to: 3, bits: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
        }
    }

    @Test func kindsReplaceEachOther() async throws {
        try await node.sendList(origin(), ["a"])
        try await node.send(whole(["b"]))
        #expect(try node.locations("a").isEmpty && node.locations("b") == [url])
        #expect(node.index.holdsFiltersOnly)
        let token = try #require(try await node.send(.listBegin(ListBeginArguments(origin()))))
        #expect(try node.locations("b") == [url])
        try await node.send(.listPart(ListPartArguments(url: url, instance: "i1", token: token, names: ["c"])))
        try await node.send(.listEnd(ListEndArguments(url: url, instance: "i1", token: token, names: 1)))
        #expect(try node.locations("b").isEmpty && node.shown() == ["c"])
    }

    @Test func whatNoFilterCanBe() async throws {
        let bytes = ByteBuffer(bytes: [1, 2])
        for (bits, hashes) in [(0, 3), (1_000, 3), (8, 0), (8, 9), (-1, 3)] {
            await #expect(throws: CatalogError.self) {
                try await node.send(
                    .filter(
                        FilterUpdateArguments(sender: url, bits: bits, hashes: hashes, interval: 1, filter: bytes)))
            }
        }
        for url: ByteString in [
            "", "http://x", "rls://a b", "rls://" + ByteString(String(repeating: "x", count: 2_000)),
        ] {
            await #expect(throws: CatalogError.self) { try await node.send(legacy(["a"], url: url)) }
        }
        #expect(node.index.senderItems.isEmpty)
    }

    // MARK: Who sends

    /// Both are believed, each for its own time; who is set up anew does not wait for the old one to be forgotten.
    @Test func twoCatalogsByOneURL() async throws {
        try await node.sendList(origin(instance: "i1"), ["a", "both"])
        try await node.sendList(origin(instance: "i2"), ["b", "both"])
        #expect(try node.locations("a") == [url] && node.locations("b") == [url] && node.locations("both") == [url])
        let status = node.index.status
        #expect(status.count == 2)
        #expect(status.allSatisfy { $0.error == "another catalog goes by the same URL" })
        for number in 3...9 { try await node.send(whole(["x\(number)"], origin(instance: "i\(number)"))) }
        #expect(node.index.status.count == 4)
        #expect(try node.locations("x9") == [url])
    }

    @Test func sendersAreCounted() async throws {
        try node.configuration.set("rli_max_senders", to: "2")
        try await node.send(whole(["a"], origin("rls://a:1")))
        try await node.send(whole(["b"], origin("rls://b:1")))
        await #expect(throws: CatalogError(.overflow, "more than 2 senders")) {
            try await node.send(whole(["c"], origin("rls://c:1")))
        }
        try await node.send(whole(["a2"], origin("rls://a:1"), number: 2))
        #expect(try node.locations("a2") == ["rls://a:1"])
    }

    @Test func whatComesBackIsRefused() async throws {
        let loop = CatalogError(.unsupported, "update loop")
        await #expect(throws: loop) { try await node.send(whole(["a"], origin(path: ["rls://x:1", "rls://own:1"]))) }
        await #expect(throws: loop) { try await node.send(whole(["a"], origin("rls://own:1", path: ["rls://x:1"]))) }
        try await node.send(whole(["a"], origin("rls://own:1")))
    }

    /// What the catalog says itself is not replaced by what others say of it, unless it has fallen silent.
    @Test func theShorterWayCounts() async throws {
        try await node.send(whole(["new"], number: 2))
        try await node.send(whole(["old"], origin(path: ["rls://x:1"]), number: 1))
        #expect(try node.locations("new") == [url] && node.locations("old").isEmpty)
        node.time.advance(seconds: 200)
        try await node.send(whole(["old"], origin(path: ["rls://x:1"]), number: 1))
        #expect(try node.locations("old") == [url])
    }

    @Test func filtersOnlyMeansNoLists() async throws {
        let other = try TestIndex(in: try TemporaryDirectory(), hasLists: false)
        await #expect(throws: CatalogError(.unsupported, "name lists")) {
            try await other.send(.listBegin(ListBeginArguments(origin())))
        }
        await #expect(throws: CatalogError(.unsupported, "name lists")) {
            try await other.send(.names(ListUpdateArguments(sender: url, changes: [.added("a")])))
        }
        try await other.send(legacy(["a"]))
        #expect(try other.locations("a") == [url])
    }

    // MARK: Numbers and overlaps

    @Test func hugeNumbersAreBounded() async throws {
        var reader = FieldReader(ByteBuffer(string: "rls://x:1\08\03\09223372036854775807\0ab"))
        let update = try FilterUpdateArguments(from: &reader)
        #expect(update.interval == 31_536_000)
        try await node.send(.filter(update))
        #expect(node.index.status.count == 1)
        var end = FieldReader(ByteBuffer(string: "rls://x:1\0i\01\09223372036854775807\0"))
        #expect(throws: CatalogError.self) { try ListEndArguments(from: &end) }
    }

    /// The interval of the last list counts, shorter or longer.
    @Test func aListBringsItsInterval() async throws {
        try await node.sendList(origin(interval: 10), ["a"])
        try await node.sendList(origin(path: ["rls://p:1"], interval: 1_000), ["a"])
        #expect(node.index.freshSenders.map(\.path) == [[]], "what came a longer way is not taken")
        try await node.sendList(origin(interval: 1_000), ["a"])
        node.time.advance(seconds: 1_000)
        #expect(try node.locations("a") == [url])
        try await node.sendList(origin(interval: 10), ["a"])
        node.time.advance(seconds: 13)
        #expect(try node.locations("a").isEmpty)
        try await node.sendList(origin(path: ["rls://p:1"]), ["a"])
        #expect(node.index.freshSenders.map(\.path) == [["rls://p:1"]])
    }

    /// Two connections of one catalog, and others beside: nobody's update is lost to another's.
    @Test func overlappingUpdatesOfOneSender() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                for _ in 0..<3 {
                    group.addTask { [node] in
                        let url = ByteString("rls://lrc:\(number + 1)")
                        try await node.send(.names(ListUpdateArguments(sender: url, changes: [.added("a\(number)")])))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(node.index.status.count == 20)
        for number in 0..<20 { #expect(try node.locations("a\(number)").count == 1) }
    }

    /// A sender whose first update is on its way to the disk has said nothing yet, and is not stale.
    @Test func expiryDuringFirstUpdates() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [node] in
                while !Task.isCancelled { await IndexUpkeep(node.receiver).removeWhatIsStale() }
            }
            for number in 0..<50 {
                let url = ByteString("rls://lrc:\(number + 1)")
                try await node.send(.names(ListUpdateArguments(sender: url, changes: [.added("a\(number)")])))
            }
            group.cancelAll()
        }
        #expect(node.index.status.count == 50)
        for number in 0..<50 { #expect(try node.locations("a\(number)").count == 1) }
    }

    /// A catalog that ended in the middle of its first list, or of a later one, does not stay for ever.
    @Test func abandonedListsAreForgotten() async throws {
        _ = try await node.send(.listBegin(ListBeginArguments(origin())))
        node.time.advance(seconds: 4_000)
        await IndexUpkeep(node.receiver).removeWhatIsStale()
        #expect(node.index.table.withLockedValue { $0.count } == 0)
    }
}
