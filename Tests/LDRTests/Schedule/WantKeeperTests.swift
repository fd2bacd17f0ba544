import Foundation
import RLSCore
import RLSStorageSQLite
import RLSTestSupport
import Testing

@testable import LDR

/// What the list of wanted files makes of metadata that change under it.
@Suite struct WantKeeperTests {
    private let directory: TemporaryDirectory
    private let work: WorkStore
    private let here: MetadataSite
    private let there: MetadataSite
    private let catalog = MemoryCatalog()
    private static let all = SubscriptionConfiguration(name: "all", expression: "size > 0")

    init() async throws {
        directory = try TemporaryDirectory()
        work = try WorkStore(path: directory.file("work.db"))
        here = try await MetadataSite("here", in: directory)
        there = try await MetadataSite("there", in: directory)
    }

    @discardableResult
    private func keep(metadata: MetadataStore? = nil) async throws -> WantKeeper.Outcome {
        try await WantKeeper(
            work: try WorkStore(path: directory.file("work.db")),
            metadata: try metadata ?? here.open(), catalog: catalog,
            place: { MemoryCatalog.place($0, below: "gsiftp://here/") }
        ).keep([Self.all])
    }

    private func publish(_ size: Int64, _ checksums: Checksums) async throws {
        _ = try there.publish(FileRecord(lfn: "a", size: size, checksums: checksums))
        try there.export()
        try await here.follow(there)
        try await keep()
    }

    private func arrive() throws {
        let want = try #require(try work.want(of: "a"))
        try work.finish([TransferResult(want, source: "s", url: "u", began: 0, ended: 1, bytes: 1)], attempts: 3)
        #expect(try work.want(of: "a")?.state == .present)
    }

    @Test func otherMetadataAreLookedAtFromTheirBeginning() async throws {
        _ = try here.publish(FileRecord(lfn: "a", size: 1), FileRecord(lfn: "b", size: 1))
        #expect(try await keep().new == 2)
        let new = try await MetadataSite("here", in: directory, file: "new")
        _ = try new.publish(FileRecord(lfn: "c", size: 1))
        #expect(try await keep(metadata: new.open()).new == 1)
        #expect(try await keep(metadata: new.open()) == WantKeeper.Outcome())
        // As after a backup of the same database was put back.
        try work.file.connection.execute("UPDATE subscription SET position = 7")
        _ = try new.publish(FileRecord(lfn: "d", size: 1))
        let outcome = try await keep(metadata: new.open())
        #expect(outcome.new == 1 && outcome.changes == 2)
    }

    @Test func orderOfSubscriptionsDoesNotMatter() throws {
        let other = SubscriptionConfiguration(name: "other", expression: "size > 9")
        try work.adopt([Self.all, other])
        let before = try work.subscriptions()
        let changes = try work.file.connection.integer("SELECT total_changes()")
        try work.adopt([other, Self.all])
        #expect(try work.file.connection.integer("SELECT total_changes()") == changes)
        #expect(try work.subscriptions() == before)
    }

    @Test func otherContentIsWantedAgain() async throws {
        try await publish(1, Checksums(adler32: 1))
        try arrive()
        // Another kind tells nothing.
        try await publish(1, Checksums(md5: Array(repeating: 1, count: 16)))
        #expect(try work.want(of: "a")?.state == .present)
        try await publish(1, Checksums(md5: Array(repeating: 2, count: 16)))
        let want = try #require(try work.want(of: "a"))
        #expect(want.state == .missing && want.reason?.contains("other content") == true)
        try arrive()
        try await publish(2, Checksums(md5: Array(repeating: 2, count: 16)))
        #expect(try work.want(of: "a")?.state == .missing)
    }

    @Test func onlyCopiesInPartitionsCount() async throws {
        let names: [ByteString] = ["far", "near", "both"]
        for (lfn, pfn) in [
            ("far", "gsiftp://far/far"), ("near", "gsiftp://here/near"), ("both", "gsiftp://far/b"),
            ("both", "gsiftp://here/b"), ("own", "gsiftp://old/own"),
        ] as [(ByteString, ByteString)] { catalog.add(lfn, pfn) }
        for name in names { _ = try there.publish(FileRecord(lfn: name, size: 1)) }
        _ = try here.publish(FileRecord(lfn: "own", size: 1))
        try there.export()
        try await here.follow(there)
        #expect(try await keep().present == 3)
        #expect(try work.want(of: "far")?.state == .missing)
        #expect(try work.want(of: "own")?.state == .present)
    }

    @Test func ownContentIsHere() async throws {
        try await publish(1, Checksums(adler32: 1))
        try arrive()
        #expect(try work.isBrought("a"))
        _ = try here.publish(FileRecord(lfn: "a", size: 1, checksums: Checksums(adler32: 2)))
        try await keep()
        #expect(try work.want(of: "a")?.state == .present)
        // Whatever others publish later: what is here now is this site's.
        #expect(try !work.isBrought("a"))
        _ = try here.export()
        try await there.follow(here)
        try await publish(3, Checksums(adler32: 3))
        #expect(try work.want(of: "a")?.state == .missing)
        #expect(try !work.isBrought("a"))
        // Nor after it was wanted no more for a while.
        try work.adopt([])
        #expect(try work.want(of: "a") == nil && !work.isBrought("a"))
    }

    @Test(arguments: [WantState.missing, .queued, .stuck, .held, .expired, .staging])
    func whatThisSitePublishesIsHere(before: WantState) async throws {
        try await publish(1, Checksums(adler32: 1))
        try work.file.connection.execute("UPDATE want SET state = \(before.rawValue), reason = 'some', attempts = 2")
        _ = try here.publish(FileRecord(lfn: "a", size: 1, checksums: Checksums(adler32: 2)))
        // Not registered yet.
        try await keep()
        #expect(try work.want(of: "a")?.state == before)
        catalog.add("a", "gsiftp://here/a")
        _ = try here.publish(FileRecord(lfn: "a", size: 1, checksums: Checksums(adler32: 3)))
        try await keep()
        let want = try #require(try work.want(of: "a"))
        #expect(want.state == .present && want.reason == nil && want.attempts == 0 && want.nextTry > 0)
    }

    /// A copy that stayed while nobody wanted the file may be of other content than the file has by now.
    @Test func aCopyThatNobodyWantedIsReadSoon() async throws {
        try await publish(1, Checksums(adler32: 1))
        catalog.add("a", "gsiftp://here/d/a")
        let place = PartitionPath(partition: "main", path: "d/a")
        try work.noteRead(place, at: WorkStore.now)
        try work.adopt([])
        #expect(try work.due([place], age: 3_600).isEmpty)
        try await keep()
        #expect(try work.want(of: "a")?.state == .present)
        #expect(try work.due([place], age: 3_600) == [place])
    }

    @Test func oldContentThatArrivesIsNotPresent() async throws {
        try await publish(1, Checksums(adler32: 1))
        let old = try #require(try work.want(of: "a"))
        try await publish(1, Checksums(adler32: 2))
        try work.finish([TransferResult(old, source: "s", url: "u", began: 0, ended: 1, bytes: 1)], attempts: 3)
        #expect(try work.want(of: "a")?.state == .missing)
    }
}
