import Foundation
import Logging
import RLSCore
import RLSStorageSQLite
import RLSTestSupport
import Testing

@testable import LDR

/// A subscription that keeps the newest files of more than its volume.
@Suite struct RollingTests {
    private var site: ReapSite

    init() async throws { site = try await ReapSite() }

    private func rolling(_ volume: Int64) -> [SubscriptionConfiguration] {
        var subscription = SubscriptionConfiguration.named("newest", volume: volume)
        subscription.isRolling = true
        return [subscription]
    }

    private func states(_ names: [String]) throws -> [WantState?] { try names.map { try site.state($0) } }

    @Test func theNewestComeAndTheOldestGo() async throws {
        let newest = rolling(30)
        try await site.publish(["f0", "f1", "f2", "f3", "f4", "f5"], newest)
        let first = try await site.schedule()
        #expect(first.queued == 3 && first.held == 3)
        #expect(try states(["f0", "f1", "f2", "f3", "f4", "f5"]) == [.held, .held, .held, .queued, .queued, .queued])
        for (day, name) in ["f5", "f3", "f4"].enumerated() { try await site.arrive(name, at: ReapSite.start + day) }
        #expect(try await site.schedule() == Scheduler.Outcome())
        #expect(try !site.work.needsRoom())
        #expect(try await site.reap(newest, after: 1).due == 0)

        try await site.publish(["g0", "g1"], newest)
        #expect(try await site.schedule().held == 2)
        #expect(try site.work.needsRoom())
        #expect(try site.work.want(of: "g0")?.reason?.contains("ldr reap") == true)
        // In the order in which they became known, not in which they came.
        let report = try await site.reap(newest, after: 1)
        #expect(Set(report.reaped.map(\.lfn)) == ["f3", "f4"])
        #expect(try site.states(.present) == 10)
        #expect(try await site.schedule().queued == 2)
        for name in ["g0", "g1"] { try await site.arrive(name, at: ReapSite.start + 9) }
        #expect(try site.states(.present) == 30)
        // What has gone stays away, and older ones do not come instead.
        #expect(try await site.schedule() == Scheduler.Outcome())
        #expect(try states(["f0", "f2", "f3", "f5", "g1"]) == [.held, .held, .expired, .present, .present])
    }

    @Test func nothingGoesForWhatCannotCome() async throws {
        let newest = rolling(30)
        try await site.publish(["a", "b", "c"], newest)
        _ = try await site.schedule()
        for name in ["a", "b", "c"] { try await site.arrive(name, at: ReapSite.start) }
        // Nobody has it; larger than all of the volume.
        try await site.publish(["nowhere"], newest, hasSource: false)
        try await site.publish(["large"], newest, size: 31)
        let outcome = try await site.schedule()
        #expect(outcome.withoutSource == 1 && outcome.held == 1)
        #expect(try await site.reap(newest, after: 1).due == 0)
        #expect(try states(["nowhere", "large"]) == [.missing, .held])
        // The last copy of the oldest stays, and nothing newer goes instead.
        try await site.publish(["d"], newest)
        site.catalog.set([], of: "a")
        _ = try await site.schedule()
        let report = try await site.reap(newest, after: 1)
        #expect(report.reaped.isEmpty && report.kept.map(\.lfn) == ["a"])
        #expect(try states(["a", "d"]) == [.present, .held])
        // Unless told so.
        #expect(try await site.reap(newest, after: 1, evenLast: true).reaped.map(\.lfn) == ["a"])
        #expect(try await site.schedule().queued == 1)
    }

    @Test func theVolumeMayChange() async throws {
        let names = (0..<10).map { "f\($0)" }
        try await site.publish(names, rolling(40))
        #expect(try await site.schedule().queued == 4)
        for name in names.suffix(4) { try await site.arrive(name, at: ReapSite.start) }
        try await site.want(rolling(60))
        // A part is left for new ones.
        #expect(try await site.schedule().queued == 2)
        #expect(try states(["f3", "f4", "f5"]) == [.held, .queued, .queued])
        for name in ["f4", "f5"] { try await site.arrive(name, at: ReapSite.start) }
        try await site.want(rolling(25))
        #expect(Set(try await site.reap(rolling(25), after: 1).reaped.map(\.lfn)) == ["f4", "f5", "f6", "f7"])
        // No longer rolling: what is too much is held back as ever.
        try await site.want([.named("newest", volume: 60)])
        #expect(try await site.schedule().queued == 4)
    }

    @Test func whatCannotGoHasOthersGo() async throws {
        let newest = rolling(40)
        _ = try site.cit.publish(.sample("own", size: 10))
        try await site.publish(["a", "b", "c"], newest)
        _ = try await site.schedule()
        for name in ["own", "a", "b", "c"] { try await site.arrive(name, at: ReapSite.start) }
        // In a place where nothing is changed.
        try await site.catalog.unregister([site.copy("a")])
        let elsewhere = Mapping(lfn: "a", pfn: "gsiftp://archive/a")
        try await site.catalog.registerAll([elsewhere])
        try await site.publish(["d"], newest)
        #expect(try await site.schedule().held == 1)
        #expect(try await site.reap(newest, after: 1, .room).reaped.map(\.lfn) == ["b"])
        #expect(try states(["own", "a", "b", "c"]) == [.present, .present, .expired, .present])
        #expect(try await site.schedule().queued == 1)
    }

    /// Between two whole passes nothing goes but for room, and all that goes counts.
    @Test mutating func roomIsMadeWithinTheSamePart() async throws {
        var newest = rolling(100)
        newest[0].lifetime = 86_400
        let old = (10..<20).map { "f\($0)" }
        try await site.publish(old, newest)
        _ = try await site.schedule()
        for name in old { try await site.arrive(name, at: ReapSite.start) }
        try await site.publish(["g0", "g1", "g2", "g3", "g4", "g5"], newest)
        #expect(try await site.schedule().held == 6)
        site.limits.refusal = 0.4
        let first = try await site.reap(newest, after: 9, .room, gone: 2)
        #expect(first.due == 6 && first.reaped.count == 2 && first.refusals.count == 1)
        let second = try await site.reap(newest, after: 9, .room, gone: 4)
        #expect(second.due == 4 && second.reaped.isEmpty)
        #expect(try await site.reap(newest, after: 9).due == 8)
    }

    /// What others say of sizes makes no sum go astray.
    @Test func sizesBeyondAllMeasure() async throws {
        let newest = rolling(30)
        try await site.publish(["a", "b", "c"], [.named("newest")])
        try site.work.file.connection.execute("UPDATE want SET state = 3, size = \(Int64.max / 2)")
        try await site.want(newest)
        try await site.publish(["new"], newest)
        #expect(try await site.schedule().held == 1)
        #expect(try site.work.totals()[.present]?.bytes == .max)
        _ = try SiteStatus("cit", work: site.work, metadata: site.cit.store, at: WorkStore.now)
        #expect(try await site.reap(newest, after: 1, acts: false).due >= 2)
        #expect(throws: (any Error).self) {
            try site.han.store.publish([.sample("x", size: MetadataLimits.size + 1)])
        }
    }

    @Test func whatAnotherSubscriptionWantsStays() async throws {
        let both = rolling(20) + [.named("all", "lfn = 'a'")]
        try await site.publish(["a", "b"], both)
        _ = try await site.schedule()
        for name in ["a", "b"] { try await site.arrive(name, at: ReapSite.start) }
        try await site.publish(["c"], both)
        _ = try await site.schedule()
        #expect(try await site.reap(both, after: 1).due == 0)
        #expect(try states(["a", "b", "c"]) == [.present, .present, .held])
    }
}

extension ReapSite {
    fileprivate nonisolated(nonsending) func publish(
        _ names: [String], _ subscriptions: [SubscriptionConfiguration], size: Int64 = 10, hasSource: Bool = true
    ) async throws {
        _ = try han.store.publish(names.map { .sample($0, size: size) })
        try han.export()
        try await cit.follow(han)
        try await want(subscriptions)
        for name in names where hasSource {
            catalog.set([ByteString("gsiftp://han/files/\(name)")], of: ByteString(name))
        }
    }

    fileprivate nonisolated(nonsending) func schedule() async throws -> Scheduler.Outcome {
        let work = try WorkStore(path: directory.file("work.db"))
        return try await Scheduler(
            work: work, finder: catalog, limits: QueueLimits(), logger: Logger(label: "test"),
            isOwn: { $0.description.hasPrefix("gsiftp://cit/") }
        ).pass()
    }

    /// Bytes of the files in a state.
    fileprivate func states(_ state: WantState) throws -> Int64 { try work.totals()[state]?.bytes ?? 0 }
}
