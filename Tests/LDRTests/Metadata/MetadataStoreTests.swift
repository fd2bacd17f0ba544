import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct MetadataStoreTests {
    let directory: TemporaryDirectory
    let site: MetadataSite

    init() async throws {
        directory = try TemporaryDirectory()
        site = try await MetadataSite("cit", in: directory)
    }

    var store: MetadataStore { site.store }

    @Test func publishedRecordsAreKeptAsTheyAre() throws {
        let bare = FileRecord(lfn: ByteString([0xff, 0x0a, 0x20]), size: 0)
        #expect(try site.publish(.sample("a"), bare) == PublishOutcome(new: 2))
        try site.reopen()
        #expect(try store.record(of: "a")?.record == .sample("a"))
        #expect(try store.record(of: "a")?.stamp.site == "cit")
        #expect(try store.records(of: ["a", bare.lfn, "none"]) == ["a": .sample("a"), bare.lfn: bare])
        #expect(try store.record(of: "none") == nil)
        #expect(try store.count == 2)
    }

    @Test func publishingAgainChangesNothing() throws {
        _ = try site.publish(.sample("a"), .sample("b"))
        let before = try store.lastChange
        #expect(try site.publish(.sample("b"), .sample("a")) == PublishOutcome(unchanged: 2))
        #expect(try store.lastChange == before)
        #expect(
            try site.publish(.sample("a", size: 2), .sample("b"), .sample("c"))
                == PublishOutcome(new: 1, changed: 1, unchanged: 1))
        #expect(try store.changes(after: before, limit: 10).map(\.value.lfn) == ["a", "c"])
    }

    @Test func ofTwoRecordsOfOneFileTheLastCounts() throws {
        #expect(
            try site.publish(.sample("b"), .sample("a"), .sample("b", size: 2)) == PublishOutcome(new: 2, changed: 1))
        #expect(try store.record(of: "b")?.record.size == 2)
    }

    @Test func aDeletedFileIsGoneAndMayComeBack() throws {
        _ = try site.publish(.sample("a"), .sample("b"))
        #expect(try store.delete(["a", "none"]) == 1)
        #expect(try store.delete(["a"]) == 0)
        #expect(try store.record(of: "a") == nil)
        #expect(try store.count == 1)
        let last = try #require(try store.changes(after: 2, limit: 1).first)
        #expect(last.change == 3 && last.value.content == nil && last.value.lfn == "a")
        #expect(try site.publish(.sample("a")) == PublishOutcome(new: 1))
        #expect(try store.record(of: "a")?.record == .sample("a"))
    }

    @Test func clocksGoUpAlsoWhenTheMachinesGoesBack() throws {
        _ = try site.publish(.sample("a"), .sample("b"))
        try site.reopen(clockError: -3_600_000)
        _ = try site.publish(.sample("c"))
        let stamps = try store.changes(after: 0, limit: 10).map(\.value.stamp)
        #expect(stamps.count == 3 && stamps == stamps.sorted() && Set(stamps).count == 3)
    }

    @Test func aClockThatIsDaysBehindIsRefused() throws {
        _ = try site.publish(.sample("a"))
        try site.reopen(clockError: -3 * 86_400_000)
        #expect { try site.publish(.sample("b")) } throws: { "\($0)".contains("3 days ahead of this machine's clock") }
    }

    @Test(arguments: [
        FileRecord(lfn: "", size: 1), FileRecord(lfn: ByteString([0x61, 0]), size: 1), FileRecord(lfn: "a", size: -1),
        FileRecord(lfn: ByteString([UInt8](repeating: 0x61, count: 4_097)), size: 1),
        FileRecord(lfn: "a", size: 1, checksums: Checksums(md5: [1])),
        FileRecord(lfn: "a", size: 1, checksums: Checksums(sha256: [1])),
        FileRecord(lfn: "a", size: 1, collection: "x\0"),
        FileRecord(lfn: "a", size: 1, attributes: ["": .integer(1)]),
        FileRecord(lfn: "a", size: 1, attributes: ["x": .number(.nan)]),
        FileRecord(lfn: "a", size: 1, attributes: ["x": .text(String(repeating: "x", count: 65_536))]),
        FileRecord(
            lfn: "a", size: 1,
            attributes: Dictionary(uniqueKeysWithValues: (0..<257).map { ("\($0)", .integer(1)) })),
    ])
    func recordsBeyondTheLimitsAreRefused(_ record: FileRecord) throws {
        #expect(throws: StorageError.self) { try site.publish(.sample("good"), record) }
        #expect(try store.count == 0)
    }

    @Test(arguments: ["", ".cit", "a b", "a/b", "å", String(repeating: "x", count: 256)])
    func namesOfSitesArePlain(_ name: String) {
        #expect { try MetadataStore(path: directory.file("x.db"), site: name) } throws: {
            "\($0)".contains("site name \(name.debugDescription)")
        }
    }

    @Test func scanGoesOnFromWhereItEnded() throws {
        _ = try store.publish((0..<2_500).map { .sample("f\(10_000 + $0)") })
        try store.delete(["f10001"])
        var seen: [ByteString] = []
        let end = try store.scan { record, _ in
            seen.append(record.lfn)
            return seen.count < 1_500
        }
        #expect(end == seen.last && seen.count == 1_500)
        let rest = try store.scan(after: end ?? .empty) { record, stamp in
            #expect(stamp.site == "cit")
            seen.append(record.lfn)
            return true
        }
        #expect(rest == nil && seen.count == 2_499 && seen == seen.sorted() && !seen.contains("f10001"))
    }

    @Test func severalProgramsPublishAtOnce() async throws {
        let open = site.open
        try await withThrowingTaskGroup { group in
            for program in 0..<3 {
                group.addTask {
                    let store = try open()
                    for round in 0..<10 {
                        _ = try store.publish((0..<50).map { .sample("f\(program)-\(round)-\($0)") })
                    }
                }
            }
            try await group.waitForAll()
        }
        let changes = try store.changes(after: 0, limit: Int.max)
        #expect(changes.map(\.change) == Array(1...1_500))
        #expect(changes.map(\.value.stamp) == changes.map(\.value.stamp).sorted())
        #expect(Set(changes.map(\.value.stamp)).count == 1_500)
    }

    @Test func theCatalogOfAnotherSiteIsRefused() throws {
        let other = try MetadataStore(store.tables, site: "lho")
        #expect(try other.lastChange == 0)
        _ = try site.publish(.sample("a"))
        for use in [{ try other.publish([.sample("b")]) }, { try other.epoch }] as [() throws -> Any] {
            #expect { try use() } throws: { "\($0)".contains("the metadata of site cit, not of lho") }
        }
        #expect(try store.count == 1)
    }

    @Test func aBatchMaySpeakOfAFileAgainAndAgain() throws {
        let names = (0..<1_500).map { "f\(10_000 + $0)" }
        let twice = names.map { FileRecord.sample($0) } + names.reversed().map { FileRecord.sample($0, size: 2) }
        #expect(try store.publish(twice) == PublishOutcome(new: 1_500, changed: 1_500))
        #expect(try store.delete((names + names).map { ByteString($0) }) == 1_500)
        let clock = HybridClock.stamp(HybridClock.milliseconds() + 3_600_000)
        let changes = names.flatMap { [change($0, 3, clock: clock + 1), change($0, 4, clock: clock)] }
        #expect(try store.apply(changes, of: position(1)) == 1_500)
        #expect(try store.changes(after: 0, limit: Int.max).map(\.value.content?.size) == names.map { _ in 3 })
    }

    @Test func messagesAreOfOneLine() throws {
        let record = FileRecord(lfn: "a\n\u{1b}b", size: -1)
        #expect { try site.publish(record) } throws: {
            "\($0)" == "a??b: a size of -1 bytes: at most \(MetadataLimits.size)"
        }
    }

    // MARK: Changes of others

    func change(_ name: String, _ size: Int64?, clock: Int64, site: String = "llo") -> MetadataChange {
        let lfn = ByteString(name)
        return MetadataChange(
            lfn: lfn, content: size.map { FileRecord(lfn: lfn, size: $0) },
            stamp: ChangeStamp(clock: clock, site: site))
    }

    func position(_ change: Int) -> PeerPosition { PeerPosition(site: "llo", epoch: "e", change: change) }

    @Test func anOlderChangeDoesNothing() throws {
        #expect(try store.apply([change("a", 1, clock: 5), change("b", nil, clock: 6)], of: position(2)) == 2)
        #expect(try store.apply([change("a", 2, clock: 4), change("b", 2, clock: 5)], of: position(3)) == 0)
        #expect(try store.apply([change("a", 1, clock: 5)], of: position(4)) == 0)
        #expect(try store.record(of: "a")?.record.size == 1)
        #expect(try store.record(of: "b") == nil)
        #expect(try store.lastChange == 2)
        #expect(try store.position(of: "llo") == position(4))
    }

    @Test func atTheSameTimeTheSitesNameDecides() throws {
        try store.apply([change("a", 1, clock: 5)], of: position(1))
        let other = PeerPosition(site: "lho", epoch: "e", change: 1)
        #expect(try store.apply([change("a", 2, clock: 5, site: "lho")], of: other) == 0)
        let later = PeerPosition(site: "virgo", epoch: "e", change: 1)
        #expect(try store.apply([change("a", 3, clock: 5, site: "virgo")], of: later) == 1)
        #expect(try store.record(of: "a")?.stamp.site == "virgo")
    }

    @Test func ownChangesComeAfterAllThatWasSeen() throws {
        let ahead = HybridClock.stamp(HybridClock.milliseconds() + 3_600_000)
        try store.apply([change("a", 1, clock: ahead)], of: position(1))
        _ = try site.publish(FileRecord(lfn: "a", size: 2))
        #expect(try store.record(of: "a")?.record.size == 2)
        #expect(try store.ownChanges(after: 0, limit: 10).map(\.value.stamp.clock) == [ahead + 1])
        #expect(try store.changes(after: 0, limit: 10).map(\.change) == [2])
    }

    @Test func theFarFutureAndOtherSitesAreRefusedAsAWhole() throws {
        let future = HybridClock.stamp(HybridClock.milliseconds() + 3 * 86_400_000)
        #expect {
            try store.apply([change("a", 1, clock: 1), change("b", 1, clock: future)], of: position(1))
        } throws: {
            "\($0)".contains("b: llo changed it 3 days in the future")
        }
        #expect { try store.apply([change("a", 1, clock: 1, site: "lho")], of: position(1)) } throws: {
            "\($0)" == "a: the log of llo holds a change of lho"
        }
        #expect(throws: MetadataError.self) {
            try store.apply(
                [change("a", 1, clock: 1, site: "cit")], of: PeerPosition(site: "cit", epoch: "e", change: 1))
        }
        #expect(try store.lastChange == 0 && store.peers().isEmpty)
    }

    @Test func peersTellHowItWent() throws {
        try store.noteFailure(of: "lho", "no route")
        try store.apply([change("a", 1, clock: 1)], of: position(7))
        try store.noteFailure(of: "llo", "cut\0off")
        let peers = try store.peers()
        #expect(peers.map(\.position.site) == ["lho", "llo"])
        #expect(peers.map(\.position.change) == [0, 7])
        #expect(peers.map(\.error) == ["no route", "cut off"])
        #expect(peers[0].checked == 0 && peers[1].checked > 0 && peers[1].changed > 0)
        try store.apply([MetadataChange](), of: position(7))
        #expect(try store.peers().map(\.error) == ["no route", nil])
    }
}
