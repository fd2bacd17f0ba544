import Foundation
import RLSCore
import RLSStorageSQLite
import RLSTestSupport
import Testing

@testable import LDR

/// What changes while a pass is under way, which may be hours.
@Suite struct ReapChangeTests {
    private let site: ReapSite
    private let short = [SubscriptionConfiguration.named("short", days: 1)]

    init() async throws { site = try await ReapSite() }

    /// Before the second batch.
    @Test func whatIsWantedMeanwhileStays() async throws {
        let names = (1_000..<2_010).map { "f\($0)" }
        try await site.fill(names, short)
        let path = site.directory.file("work.db")
        // The question of the first batch about what is safe.
        site.catalog.onQuestion { number in
            if number != 1 { return }
            let work = try WorkStore(path: path)
            try work.file.connection.execute("UPDATE want SET subscriptions = 3 WHERE lfn = CAST('f2005' AS BLOB)")
            try work.file.connection.execute("UPDATE want SET state = 0 WHERE lfn = CAST('f2006' AS BLOB)")
        }
        let report = try await site.reap(short, after: 5_000)
        #expect(report.due == 1_010 && report.reaped.count == 1_008 && report.kept == [])
        #expect(site.isHere("f2005") && site.isHere("f2006") && !site.isHere("f2007"))
        #expect(try site.state("f2005") == .present)
    }

    @Test func whatIsWantedAfterItWasForgottenStays() async throws {
        try await site.fill(["a", "b"], short)
        let path = site.directory.file("work.db")
        site.catalog.onQuestion { number in
            if number != 2 { return }
            try WorkStore(path: path).file.connection.execute(
                "UPDATE want SET subscriptions = 3 WHERE lfn = CAST('a' AS BLOB)")
        }
        let report = try await site.reap(short, after: 100)
        #expect(report.reaped.map(\.lfn) == ["b"] && report.kept.map(\.lfn) == ["a"])
        #expect(site.isHere("a") && site.catalog.all == [site.copy("a")])
        #expect(try site.state("a") == .present && site.state("b") == .expired)
    }

    @Test func subscriptionsThatChangeEndThePass() async throws {
        try await site.fill((1_000..<2_010).map { "f\($0)" }, short)
        let (path, more) = (site.directory.file("work.db"), short + [.named("more")])
        site.catalog.onQuestion { if $0 == 1 { try WorkStore(path: path).adopt(more) } }
        let report = try await site.reap(short, after: 5_000)
        #expect(report.reaped.count == 1_000 && report.refusals.contains { $0.contains("changed meanwhile") })
    }

    @Test func whatAnotherSitePublishedOverOursIsOurs() async throws {
        _ = try site.cit.publish(.sample("mine", size: 10))
        try await site.catalog.registerAll([site.copy("mine")])
        try await site.want(short)
        try await site.arrive("mine", at: ReapSite.start)
        try await site.fill(["a", "mine"], short)
        #expect(try site.cit.store.record(of: "mine")?.stamp.site == "han")
        #expect(try await site.reap(short, after: 100).reaped.map(\.lfn) == ["a"])
        // Nor after it was wanted no more for a while.
        try await site.want([])
        try await site.want(short)
        #expect(try site.state("mine") == .present)
        #expect(try !site.work.isBrought("mine"))
        #expect(try await site.reap(short, after: 100).due == 0)
        #expect(site.isHere("mine"))
    }
}
