import Logging
import RLSCore
import RLSStorageSQLite
import RLSTestSupport
import Synchronization
import Testing

@testable import LDR

/// The way of wanted files through the work database: from the metadata to the queue, and what becomes of transfers.
@Suite struct SchedulerTests {
    private let directory: TemporaryDirectory
    private let work: WorkStore
    private let metadata: MetadataStore
    private let catalog = MemoryCatalog()
    private let now = WorkStore.now + 1_000_000

    init() throws {
        directory = try TemporaryDirectory()
        work = try WorkStore(path: directory.file("work.db"))
        metadata = try MetadataStore(path: directory.file("metadata.db"), site: "here")
    }

    private func publish(_ names: [String], size: Int64 = 10, collection: String = "c", run: Int64 = 1) throws {
        _ = try metadata.publish(
            names.map {
                FileRecord(lfn: ByteString($0), size: size, collection: collection, attributes: ["run": .integer(run)])
            })
    }

    @discardableResult
    private func keep(_ subscriptions: SubscriptionConfiguration...) async throws -> WantKeeper.Outcome {
        try await WantKeeper(work: work, metadata: metadata, catalog: catalog, place: MemoryCatalog.anyPlace)
            .keep(subscriptions)
    }

    private func pass(
        _ urls: [ByteString: [ByteString]], _ change: (inout QueueLimits) -> Void = { _ in }, later: Int = 0
    ) async throws -> Scheduler.Outcome {
        var limits = QueueLimits()
        change(&limits)
        return try await Scheduler(
            work: work, finder: FixedFinder(urls: urls), limits: limits, logger: Logger(label: "test")
        ).pass(at: now + later)
    }

    private func state(_ name: ByteString) throws -> WantState? { try work.want(of: name)?.state }

    private static func everywhere(_ names: [String]) -> [ByteString: [ByteString]] {
        Dictionary(uniqueKeysWithValues: names.map { (ByteString($0), [ByteString("http://a/\($0)")]) })
    }

    private static let all = SubscriptionConfiguration(name: "all", expression: "collection = 'c'")

    // MARK: Wants

    @Test func whatIsWantedFollowsTheMetadata() async throws {
        try publish(["a", "b"])
        try publish(["x"], collection: "other")
        catalog.add("b", "here:b")
        let first = try await keep(Self.all)
        #expect(first.new == 2 && first.present == 1 && first.changes == 3)
        #expect(try state("a") == .missing && state("b") == .present && state("x") == nil)
        #expect(try await keep(Self.all) == WantKeeper.Outcome())
        try publish(["d"])
        _ = try metadata.delete(["a"])
        let second = try await keep(Self.all)
        #expect(second.new == 1 && second.withdrawn == 1 && second.changes == 2)
        #expect(try state("a") == nil && state("d") == .missing)
    }

    @Test func subscriptionsComeAndGo() async throws {
        try publish(["a"], run: 1)
        try publish(["b"], run: 2)
        let one = SubscriptionConfiguration(name: "one", expression: "run = 1")
        let both = SubscriptionConfiguration(name: "both", expression: "run in (1, 2)", priority: 80)
        try await keep(one)
        #expect(try state("a") == .missing && state("b") == nil)
        try await keep(one, both)
        #expect(try work.want(of: "a")?.subscriptions == 3 && work.want(of: "b")?.subscriptions == 2)
        try await keep(both)
        #expect(try work.want(of: "a")?.subscriptions == 2)
        let other = SubscriptionConfiguration(name: "both", expression: "run = 2")
        try await keep(other)
        #expect(try state("a") == nil && state("b") == .missing)
        try await keep()
        #expect(try state("b") == nil && work.subscriptions().isEmpty)
    }

    @Test func anotherExpressionKeepsWhatIsOnItsWay() async throws {
        try publish(["a", "b", "d"])
        try await keep(Self.all)
        _ = try await pass(Self.everywhere(["a", "b"]))
        let before = try #require(try work.want(of: "a"))
        var other = Self.all
        other.expression = "lfn != 'b'"
        try await keep(other)
        let after = try #require(try work.want(of: "a"))
        #expect(after.id == before.id && after.state == .queued && after.subscriptions == before.subscriptions)
        #expect(try state("b") == nil && state("d") == .missing)
        try await keep()
        #expect(try work.totals().isEmpty && state("a") == nil)
    }

    // MARK: Work of each pass

    /// A list of a million files is not looked through in each pass for the few that are queued, stuck or held back.
    @Test(arguments: [
        "SELECT source, count(*) FROM want WHERE state = 1 GROUP BY source",
        "SELECT source, count(*) FROM want WHERE state = 2 GROUP BY source",
        "UPDATE want SET state = 0 WHERE state = 4 AND next_try <= ?",
        "UPDATE want SET state = 1 WHERE state = 2", "SELECT 1 FROM want WHERE state = 5 LIMIT 1",
        "UPDATE want SET state = 0 WHERE state = 5 AND subscriptions & ? AND size <= ?",
        "SELECT id FROM transfer WHERE failure IS NOT NULL AND ended < ? LIMIT 10",
    ]) func indexesServe(text: String) throws {
        let plan = try work.file.connection.statement("EXPLAIN QUERY PLAN " + text)
        defer { plan.reset() }
        while try plan.step() {
            let step = try #require(plan.text(3))
            #expect(step.contains(" INDEX ") || step.contains("B-TREE"), "\(step)")
        }
    }

    @Test func failuresOfLongAgoAreForgotten() async throws {
        try publish(["a", "b"])
        try await keep(Self.all)
        let day = 86_400_000
        for (name, age) in [("a", 91), ("a", 89), ("b", 91), ("b", 200)] as [(ByteString, Int)] {
            let want = try #require(try work.want(of: name))
            let failure: (String, String)? = age == 200 ? nil : ("timedOut", "some time")
            let ended = now - age * day
            let result = TransferResult(
                want, source: "s", url: "u", began: ended, ended: ended, bytes: 1, failure: failure)
            try work.finish([result], attempts: 9)
        }
        #expect(try work.forgetFailures(before: now - 90 * day, atMost: 1) == 1)
        _ = try await pass([:])
        // What came is known for ever: nothing else tells that it is no original.
        #expect(try work.history(limit: 9).map { now - $0.ended } == [200 * day, 89 * day])
        #expect(try work.wasFetched("b") && !work.wasFetched("a"))
        #expect(try work.forgetFailures(before: now - 90 * day) == 0)
    }

    // MARK: Volumes

    /// Of two subscriptions with volumes that want a file, the rolling one says why it waits, whatever their order.
    @Test(arguments: [false, true]) func aRollingSubscriptionSaysWhyAFileWaits(isFirst: Bool) async throws {
        var rolling = SubscriptionConfiguration(
            name: "newest", expression: "size > 0", priority: 80, maximumVolume: 20)
        rolling.isRolling = true
        let fixed = SubscriptionConfiguration(name: "fixed", expression: "size > 0", maximumVolume: 20)
        try publish(["a", "b", "c", "d"])
        try work.adopt(isFirst ? [rolling, fixed] : [fixed, rolling])
        try await keep(rolling, fixed)
        let urls = Self.everywhere(["a", "b", "c", "d"])
        #expect(try await pass(urls).held == 2)
        let held = "SELECT count(*) FROM want WHERE state = 5 AND held = 2"
        #expect(try work.file.connection.integer(held) == 2)
        // They are not thought of again in each pass.
        #expect(try await pass(urls) == Scheduler.Outcome())
        // But when the other one has room.
        var larger = fixed
        larger.maximumVolume = 100
        try await keep(rolling, larger)
        #expect(try await pass(urls).queued == 2)
    }

    /// Only what is newer than a file takes its room.
    @Test func olderFilesTakeNoRoomOfNewerOnes() async throws {
        try publish((0..<1_500).map { "f\($0)" }, size: 1)
        var rolling = SubscriptionConfiguration(name: "newest", expression: "size > 0", maximumVolume: 749)
        rolling.isRolling = true
        try await keep(rolling)
        try work.file.connection.execute("UPDATE want SET state = 3 WHERE id % 5 = 0")
        let subscription = try #require(try work.subscriptions().first)
        var window = try RollingWindow(subscription, work)
        // Those that are here count, 300 of them, half of which are newer.
        let middle = try #require(try work.want(of: "f751"))
        let newer = try work.rollingIds { $0 > middle.id }
        #expect(newer.count < 1_000)
        for want in try work.rollingIds({ $0 < middle.id }) { window.add(want) }
        #expect(window.takes(middle))
        for want in newer { window.add(want) }
        #expect(window.takes(middle))
        #expect(!window.takes(try #require(try work.want(of: "f1"))))
    }

    // MARK: Passes

    @Test func queuesWhatHasASource() async throws {
        try publish(["a", "b"])
        try await keep(Self.all)
        let outcome = try await pass(["a": ["http://a/a"]])
        #expect(outcome.queued == 1 && outcome.withoutSource == 1)
        let queued = try #require(try work.want(of: "a"))
        #expect(queued.state == .queued && queued.source == "http://a" && queued.url == "http://a/a")
        let waiting = try #require(try work.want(of: "b"))
        #expect(waiting.attempts == 1 && waiting.nextTry > now && waiting.reason?.contains("no catalog") == true)
        // Not before its time.
        #expect(try await pass(["b": ["http://a/b"]]) == Scheduler.Outcome())
        #expect(try await pass(["b": ["http://a/b"]], later: 3_600_000).queued == 1)
    }

    @Test func sharesAreInProportion() async throws {
        try publish((0..<300).map { "x\($0)" }, run: 1)
        try publish((0..<300).map { "y\($0)" }, run: 2)
        let urls = Self.everywhere((0..<300).flatMap { ["x\($0)", "y\($0)"] })
        try await keep(
            SubscriptionConfiguration(name: "x", expression: "run = 1", priority: 90),
            SubscriptionConfiguration(name: "y", expression: "run = 2", priority: 10))
        #expect(try await pass(urls, { $0.length = 200 }).queued == 200)
        let subscriptions = try work.subscriptions()
        #expect(try work.totals(of: subscriptions[0])[.queued]?.files == 180)
        #expect(try work.totals(of: subscriptions[1])[.queued]?.files == 20)
        #expect(try await pass(urls, { $0.length = 200 }) == Scheduler.Outcome())
    }

    @Test func volumesAreKept() async throws {
        try publish(["a", "b", "d"], size: 40)
        let subscription = SubscriptionConfiguration(name: "s", expression: "size > 0", maximumVolume: 100)
        try await keep(subscription)
        let outcome = try await pass(Self.everywhere(["a", "b", "d"]))
        #expect(outcome.queued == 2 && outcome.held == 1)
        #expect(try work.totals()[.held]?.files == 1)
        var more = subscription
        more.maximumVolume = 200
        try await keep(more)
        #expect(try await pass(Self.everywhere(["a", "b", "d"])).queued == 1)
    }

    @Test func heldFilesAreLookedForOnlyWhenThereIsRoom() async throws {
        try publish(["a", "b", "d"], size: 40)
        let limited = SubscriptionConfiguration(name: "s", expression: "size > 0", maximumVolume: 100)
        try await keep(limited)
        _ = try await pass(Self.everywhere(["a", "b", "d"]))
        let finder = CountingFinder(Self.everywhere(["a", "b", "d"]))
        let scheduler = Scheduler(
            work: work, finder: finder, limits: QueueLimits(), logger: Logger(label: "test"))
        #expect(try await scheduler.pass(at: now) == Scheduler.Outcome())
        // A file that is new and has no room, neither.
        try publish(["e"], size: 30)
        try await keep(limited)
        #expect(try await scheduler.pass(at: now).held == 1)
        #expect(finder.names == [])
        // What fits may go before what is older, as ever; and of those of another subscription none is forgotten.
        let other = SubscriptionConfiguration(name: "other", expression: "lfn = 'd'")
        try await keep(limited, other)
        #expect(try await scheduler.pass(at: now).queued == 1)
        #expect(finder.names == ["d"])
    }

    /// The index may not know of a file yet: it is looked for again and again.
    @Test func neverStuckForWantOfASource() async throws {
        try publish(["a"])
        try await keep(Self.all)
        for attempt in 1...20 {
            #expect(try await pass([:], later: attempt * 4_000_000).withoutSource == 1)
        }
        #expect(try state("a") == .missing)
        #expect(try await pass(Self.everywhere(["a"]), later: 90_000_000).queued == 1)
    }

    @Test func stuckAfterSoManyAttempts() async throws {
        try publish(["a"])
        try await keep(Self.all)
        for attempt in 1...3 {
            #expect(try await pass(Self.everywhere(["a"]), later: attempt * 100_000_000).queued == 1)
            let taken = try work.take(from: "http://a", files: 10, bytes: 100)
            try work.finish([result(try #require(taken.first), ("checksumDiffers", "x"))], attempts: 3)
        }
        #expect(try state("a") == .stuck)
        #expect(try work.retry("a") == 1)
        #expect(try state("a") == .missing)
    }

    @Test(arguments: [
        ("gsiftp://h/x", true), ("file:///shared/a", true), ("file://localhost/shared/a", true),
        ("file:///etc/key", false),
        ("file:///shared/../etc/key", false), ("FILE:///shared/%2e%2e/etc", false), ("file:///shared", false),
    ])
    func filesOfThisMachine(url: String, isAllowed: Bool) {
        #expect(FileSources(["/shared"]).allow(ByteString(url)) == isAllowed)
    }

    // MARK: Transfers

    private func result(_ want: Want, _ failure: (kind: String, message: String)? = nil) -> TransferResult {
        TransferResult(
            want, source: want.source ?? "", url: want.url ?? .empty, began: now, ended: now + 1_000, bytes: 100,
            failure: failure, isSourceFault: failure != nil)
    }

    @Test func theEndOfTransfers() async throws {
        try publish(["a", "b"], size: 100)
        try await keep(Self.all)
        _ = try await pass(Self.everywhere(["a", "b"]))
        #expect(try work.waitingSources() == ["http://a"])
        let taken = try work.take(from: "http://a", files: 10, bytes: 1 << 40)
        #expect(taken.map(\.lfn) == ["a", "b"])
        try work.finish([result(taken[0]), result(taken[1], ("sourceMissing", "gone"))], attempts: 5)
        #expect(try state("a") == .present)
        let failed = try #require(try work.want(of: "b"))
        #expect(failed.state == .missing && failed.attempts == 1 && failed.reason == "sourceMissing: gone")
        #expect(try work.history(limit: 10).map(\.failure) == ["sourceMissing", nil])
        let source = try #require(try work.sources().first)
        #expect(source.succeeded == 1 && source.failed == 1 && source.rate == 100)
        // The copy turns out to be lost.
        try work.lost(["a"], reason: "lost")
        #expect(try state("a") == .missing)
    }

    @Test func whatThisSiteIsToBlameForMakesNothingStuck() async throws {
        try publish(["a"])
        try await keep(Self.all)
        for round in 1...4 {
            _ = try await pass(Self.everywhere(["a"]), later: round * 4_000_000)
            let taken = try work.take(from: "http://a", files: 1, bytes: 1 << 40)
            let result = TransferResult(
                try #require(taken.first), source: "http://a", url: "http://a/a", began: now, ended: now, bytes: 0,
                failure: ("diskFull", "no room"), isForgiven: true)
            try work.finish([result], attempts: 2)
            #expect(try state("a") == .missing)
        }
        #expect(try work.sources().allSatisfy { $0.failed == 0 })
        // No line a day and file for as long as the disk is full.
        #expect(try work.history(limit: 9).isEmpty)
    }

    @Test func aSourceThatIsLeftAloneKeepsNoFiles() async throws {
        try publish((0..<5).map { "f\($0)" })
        try await keep(Self.all)
        _ = try await pass(Self.everywhere((0..<5).map { "f\($0)" }))
        let taken = try work.take(from: "http://a", files: 3, bytes: 1 << 40)
        try work.finish(taken.map { result($0, ("sourceUnreachable", "down")) }, attempts: 8)
        #expect(try work.waitingSources(at: now + 1_000).isEmpty)
        var urls = Self.everywhere((0..<5).map { "f\($0)" })
        for name in urls.keys { urls[name]?.append("http://b/copy") }
        #expect(try await pass(urls, later: 1_001).queued == 2)
        #expect(try work.waitingSources(at: now + 1_000) == ["http://b"])
    }

    @Test func noNumberIsUsedAgain() async throws {
        try publish(["a"])
        try await keep(Self.all)
        _ = try await pass(Self.everywhere(["a"]))
        let taken = try work.take(from: "http://a", files: 1, bytes: 1 << 40)
        _ = try metadata.delete(["a"])
        try publish(["b"])
        try await keep(Self.all)
        let id = try #require(try work.want(of: "b")?.id)
        #expect(id != taken.first?.id)
        // Neither by a database that is made anew: what a lost one named is of other files.
        #expect(id > WorkStore.now / 1_000 * 900_000)
        try work.finish(taken.map { result($0) }, attempts: 8)
        try work.putBack(taken)
        #expect(try state("b") == .missing)
        #expect(try work.unfinished(taken.map(\.id) + [id, 99]) == [id])
    }

    @Test func anotherSourceIsTakenAfterARetry() async throws {
        try publish(["a"])
        try await keep(Self.all)
        let urls: [ByteString: [ByteString]] = ["a": ["http://a/a", "http://b/a"]]
        _ = try await pass(urls)
        #expect(try work.want(of: "a")?.source == "http://a")
        let taken = try work.take(from: "http://a", files: 1, bytes: 1 << 40)
        try work.finish(taken.map { result($0, ("checksumDiffers", "wrong")) }, attempts: 8)
        #expect(try work.retry() == 1)
        _ = try await pass(urls)
        #expect(try work.want(of: "a")?.source == "http://b")
    }

    @Test func ownCopiesAreNoSources() async throws {
        try publish(["a"])
        try await keep(Self.all)
        let scheduler = Scheduler(
            work: work, finder: FixedFinder(urls: Self.everywhere(["a"])), limits: QueueLimits(),
            logger: Logger(label: "test"), isOwn: { $0.description.hasPrefix("http://a/") })
        #expect(try await scheduler.pass(at: now).withoutSource == 1)
    }

    @Test func batchesHaveLimits() async throws {
        try publish(["a", "b", "d"], size: 100)
        try await keep(Self.all)
        _ = try await pass(Self.everywhere(["a", "b", "d"]))
        #expect(try work.take(from: "http://a", files: 10, bytes: 150).count == 1)
        #expect(try work.take(from: "http://a", files: 1, bytes: 1_000).count == 1)
        // At least one, and what was left active is queued again.
        #expect(try work.take(from: "http://a", files: 10, bytes: 1).count == 1)
        #expect(try work.waitingSources().isEmpty)
        #expect(try !work.wasFetched("a"))
        #expect(try work.recoverTransfers() == 3)
        // One that had landed is found in its place and settled, and came by that transfer.
        #expect(try work.wasFetched("a") && work.history(of: "a", limit: 9).map(\.failure) == ["interrupted"])
    }
}

/// A catalog in memory.
final class MemoryCatalog: CopyListing {
    static let anyPlace: @Sendable (ByteString) -> PartitionPath? = { place($0, below: "") }

    /// In a partition `main` with this URL.
    static func place(_ pfn: ByteString, below url: String) -> PartitionPath? {
        pfn.description.hasPrefix(url)
            ? PartitionPath(partition: "main", path: String(pfn.description.dropFirst(url.count))) : nil
    }

    private let known = Mutex<[Mapping]>([])
    private let refused: Set<ByteString>

    /// - Parameter refused: names whose copies it does not take
    init(refusing refused: Set<ByteString> = []) { self.refused = refused }

    func add(_ lfn: ByteString, _ pfn: ByteString) { known.withLock { $0.append(Mapping(lfn: lfn, pfn: pfn)) } }

    func copies(of lfns: [ByteString]) async -> [Mapping] {
        let names = Set(lfns)
        return known.withLock { $0.filter { names.contains($0.lfn) } }
    }

    func owners(of pfns: [ByteString]) async -> [Mapping] { known.withLock { $0.filter { pfns.contains($0.pfn) } } }

    func allCopies() async -> [Mapping] { known.withLock { $0 } }

    func register(_ copies: [Mapping]) async -> [RefusedCopy] {
        let taken = copies.filter { !refused.contains($0.lfn) }
        known.withLock { known in known += taken.filter { !known.contains($0) } }
        return copies.filter { refused.contains($0.lfn) }.map { RefusedCopy($0, "not this one") }
    }

    func unregister(_ copies: [Mapping]) async { known.withLock { $0.removeAll { copies.contains($0) } } }
}

final class CountingFinder: ReplicaFinder {
    private let fixed: FixedFinder
    private let asked = Mutex<[ByteString]>([])

    init(_ urls: [ByteString: [ByteString]]) { fixed = FixedFinder(urls: urls) }

    var names: [ByteString] { asked.withLock { $0 } }

    func find(_ lfns: [ByteString]) async -> FoundReplicas {
        asked.withLock { $0 += lfns }
        return await fixed.find(lfns)
    }
}

struct FixedFinder: ReplicaFinder {
    let urls: [ByteString: [ByteString]]

    func find(_ lfns: [ByteString]) async -> FoundReplicas {
        FoundReplicas(urls: urls.filter { lfns.contains($0.key) })
    }
}

extension WorkStore {
    /// Files that are missing, by their numbers.
    fileprivate func rollingIds(_ isMeant: (Int) -> Bool) throws -> [Want] {
        try wants(in: .missing, limit: .max).filter { isMeant($0.id) }
    }
}
