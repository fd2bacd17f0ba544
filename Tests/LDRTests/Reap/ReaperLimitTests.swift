import Foundation
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct ReaperLimitTests {
    var site: ReapSite

    init() async throws { site = try await ReapSite() }

    private func names(_ files: [ReapReport.File]) -> [String] { files.map(\.lfn) }

    @Test func beyondItsVolumeTheOldestGo() async throws {
        try await site.fill(["a", "b", "c", "d"], [.named("small")])
        let small = [SubscriptionConfiguration.named("small", volume: 25)]
        try await site.want(small)
        let report = try await site.reap(small, after: 1)
        #expect(names(report.reaped) == ["a", "b"] && report.reaped.allSatisfy { $0.reason.contains("volume") })
        #expect(try site.state("a") == .expired && site.state("c") == .present)
    }

    @Test func whatAnotherSubscriptionWantsDoesNotGoForVolume() async throws {
        let both = [SubscriptionConfiguration.named("small", volume: 25), .named("b", "lfn = 'a'")]
        try await site.fill(["a", "b", "c", "d"], both)
        #expect(names(try await site.reap(both, after: 1).reaped) == ["b"])
    }

    @Test mutating func noMoreThanAPartGoesInOnePass() async throws {
        site.limits.refusal = 0.2
        let rolling = [SubscriptionConfiguration.named("rolling", days: 1)]
        let all = (10..<50).map { "f\($0)" }
        try await site.fill(all, rolling)
        // What stays does not stand in the way of the others.
        for name in all.prefix(20) { site.catalog.set([], of: ByteString(name)) }
        let report = try await site.reap(rolling, after: 1_000)
        #expect(report.due == 40 && report.refusals.count == 1)
        #expect(names(report.reaped) == Array(all[20..<28]))
        site.limits.refusal = 0
        #expect(try await site.reap(rolling, after: 1_000).reaped.isEmpty)
    }

    @Test mutating func whatNobodyWantsGoesOnlyWhenToldSo() async throws {
        try await site.fill(["a", "b"], [.named("all")])
        try await site.catalog.registerAll([site.copy("brought-by-hand")])
        let less = [SubscriptionConfiguration.named("less", "lfn = 'b'")]
        try await site.want(less)
        #expect(try await site.reap(less, after: 1).due == 0)
        site.limits.removesUnwanted = true
        let report = try await site.reap(less, after: 1)
        #expect(names(report.reaped) == ["a"] && !site.isHere("a") && site.isHere("b"))
        #expect(site.catalog.all == [site.copy("b"), site.copy("brought-by-hand")])
    }

    @Test func aLongerLifetimeBringsItBack() async throws {
        let short = [SubscriptionConfiguration.named("rolling", days: 3)]
        try await site.fill(["a", "b"], short)
        #expect(try await site.reap(short, after: 8).reaped.count == 2)
        let longer = [SubscriptionConfiguration.named("rolling", days: 8)]
        try await site.want(longer)
        #expect(try await site.reap(longer, after: 8).revived == 1)
        #expect(try site.state("a") == .expired && site.state("b") == .missing)
    }

    @Test func options() throws {
        let text = "site x\ndirectory /x\nreap_refusal 5\nreap_unwanted true\nreap_interval 10m\n"
        let reap = try SiteFile.parse(text, named: "x").reap
        #expect(reap.refusal == 0.05 && reap.removesUnwanted && reap.interval == 600)
        #expect(throws: SiteFile.ParseError.self) {
            try SiteFile.parse("site x\ndirectory /x\nreap_unwanted yes\n", named: "x")
        }
    }

    @Test func onlyPlainFilesBelowTheRootAreRemoved() throws {
        let partition = site.area.partitions[0]
        try site.directory.write("x", to: "outside")
        try site.directory.write("", to: "files/.ldr-partition")
        #expect(CopyRemoval.remove("no/such", of: partition) == .absent)
        for path in ["../outside", "", "a//b", "/etc/passwd"] {
            guard case .failed = CopyRemoval.remove(path, of: partition) else {
                Issue.record("\(path) was accepted")
                continue
            }
        }
        #expect(site.directory.text("outside") == "x")
    }
}
