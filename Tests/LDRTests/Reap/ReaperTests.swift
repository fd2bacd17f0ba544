import Foundation
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct ReaperTests {
    let site: ReapSite
    let rolling = [SubscriptionConfiguration.named("rolling", days: 3)]

    init() async throws { site = try await ReapSite() }

    private func names(_ files: [ReapReport.File]) -> [String] { files.map(\.lfn) }

    @Test func whatHasHadItsTimeGoes() async throws {
        try await site.fill(["a", "b", "c"], rolling)
        let told = try await site.reap(rolling, after: 4, acts: false)
        #expect(names(told.reaped) == ["a", "b"] && site.isHere("a") && site.events.isEmpty)
        let report = try await site.reap(rolling, after: 4)
        #expect(names(report.reaped) == ["a", "b"] && report.reapedBytes == 20 && report.kept.isEmpty)
        #expect(!site.isHere("a") && !site.isHere("b") && site.isHere("c"))
        #expect(site.catalog.all == [site.copy("c")])
        #expect(try site.state("a") == .expired && site.state("c") == .present)
        #expect(site.events.count == 2)
        #expect(try await site.reap(rolling, after: 4).due == 0)
        // Neither the scheduler nor a new look at the metadata fetches it again.
        try await site.want(rolling)
        #expect(try site.state("a") == .expired)
        let status = try SiteStatus("cit", work: site.work, metadata: site.cit.store, at: WorkStore.now)
        #expect(status.subscriptions.first?.expired == 2 && status.subscriptions.first?.wanted == 1)
        #expect(status.subscriptions.first?.lagSeconds == nil)
        #expect(try site.work.retry() == 0)
        #expect(try site.work.retry("a") == 1 && site.state("a") == .missing)
    }

    @Test func itStaysForASubscriptionWithoutEnd() async throws {
        let both = rolling + [.named("for-ever", "lfn = 'b'")]
        try await site.fill(["a", "b"], both)
        #expect(names(try await site.reap(both, after: 100).reaped) == ["a"])
        #expect(site.isHere("b"))
        // One that comes later wants it back.
        try await site.want(both + [.named("late", "lfn = 'a'")])
        #expect(try site.state("a") == .missing)
    }

    @Test func aSubscriptionThatHasNotLookedYetCounts() async throws {
        let later = rolling + [.named("later", "runTag = 'S5'")]
        try await site.fill(["a"], rolling)
        await #expect(throws: SubscriptionsDiffer.self) { try await site.reap(later, after: 100) }
        try site.work.adopt(later)
        #expect(try await site.reap(later, after: 100).due == 0 && site.isHere("a"))
    }

    @Test func ownFilesStay() async throws {
        _ = try site.cit.publish(.sample("mine", size: 10))
        try await site.fill(["a"], rolling)
        try await site.arrive("mine", at: ReapSite.start)
        #expect(names(try await site.reap(rolling, after: 100, evenLast: true).reaped) == ["a"])
        #expect(site.isHere("mine"))
    }

    @Test func theLastCopyStays() async throws {
        try await site.fill(["a", "b", "c", "d"], rolling)
        site.catalog.set([], of: "a")
        site.catalog.set(["file:///elsewhere/b", "nonsense"], of: "b")
        site.catalog.set(["gsiftp://cit/files/other/../c"], of: "c")
        let report = try await site.reap(rolling, after: 100)
        #expect(names(report.reaped) == ["d"] && names(report.kept) == ["a", "b", "c"])
        #expect(site.isHere("a") && site.isHere("b") && site.isHere("c") && site.catalog.all.count == 3)
        #expect(try site.state("a") == .present)
        #expect(try await site.reap(rolling, after: 100, evenLast: true).reaped.count == 3)
        #expect(!site.isHere("a"))
    }

    @Test func whenTheOtherCopyGoesMeanwhileOursStays() async throws {
        try await site.fill(["a"], rolling)
        site.catalog.onQuestion { [catalog = site.catalog] in if $0 == 2 { catalog.set([], of: "a") } }
        let report = try await site.reap(rolling, after: 100)
        #expect(report.reaped.isEmpty && names(report.kept) == ["a"] && site.isHere("a"))
        #expect(site.catalog.all == [site.copy("a")])
        #expect(try site.state("a") == .present)
    }

    @Test func anIndexThatEndsInBetweenCostsNothing() async throws {
        struct Down: Error {}
        try await site.fill(["a"], rolling)
        site.catalog.onQuestion { if $0 == 2 { throw Down() } }
        await #expect(throws: Down.self) { try await site.reap(rolling, after: 100) }
        #expect(site.catalog.all == [site.copy("a")] && site.isHere("a"))
    }

    @Test func whatWasCutOffIsGoneOnWith() async throws {
        try await site.fill(["a", "b", "c"], rolling)
        // Killed after it was forgotten, and after it was removed, too.
        try await site.catalog.unregister([site.copy("a"), site.copy("b"), site.copy("c")])
        try FileManager.default.removeItem(atPath: site.directory.file("files/set/b"))
        site.catalog.set([], of: "c")
        let report = try await site.reap(rolling, after: 100)
        #expect(names(report.reaped) == ["a", "b"] && names(report.kept) == ["c"])
        #expect(!site.isHere("a") && site.isHere("c") && site.catalog.all == [site.copy("c")])
        #expect(try site.state("b") == .expired)
    }

    @Test func whatCannotBeRemovedIsStillKnown() async throws {
        try await site.fill(["a"], rolling)
        let path = site.directory.file("files/set")
        try FileManager.default.moveItem(atPath: path, toPath: site.directory.file("elsewhere"))
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: site.directory.file("elsewhere"))
        let report = try await site.reap(rolling, after: 100)
        #expect(report.reaped.isEmpty && names(report.kept) == ["a"])
        #expect(site.isHere("a") && site.catalog.all == [site.copy("a")])
        #expect(try site.state("a") == .present)
    }
}
