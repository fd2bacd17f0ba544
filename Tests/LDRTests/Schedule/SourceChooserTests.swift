import RLSCore
import Testing

@testable import LDR

@Suite struct SourceChooserTests {
    private static func record(_ name: String, rate: Double, failedInRow: Int = 0, retryAt: Int = 0) -> SourceRecord {
        var record = SourceRecord(name: name)
        record.rate = rate
        record.failedInRow = failedInRow
        record.retryAt = retryAt
        return record
    }

    private static let near: ByteString = "http://near/f"
    private static let far: ByteString = "http://far/f"

    private func shares(_ records: [SourceRecord], files: Int, perSource: Int = 1_000) -> [String: Int] {
        var chooser = SourceChooser(records, queued: [:], perSource: perSource, now: 0)
        var counts: [String: Int] = [:]
        for _ in 0..<files {
            if case .source(let name, _) = chooser.choose([Self.near, Self.far], size: 10_000_000, avoiding: nil) {
                counts[name, default: 0] += 1
            }
        }
        return counts
    }

    /// As much as each is expected to bring in the same time.
    @Test func inProportionToRates() {
        let counts = shares(
            [Self.record("http://near", rate: 30e6), Self.record("http://far", rate: 10e6)], files: 400)
        #expect((270...320).contains(counts["http://near"] ?? 0))
        #expect(counts.values.reduce(0, +) == 400)
    }

    @Test func whoFailsGetsLess() {
        let counts = shares(
            [Self.record("http://near", rate: 10e6, failedInRow: 2), Self.record("http://far", rate: 10e6)], files: 100)
        #expect((10...30).contains(counts["http://near"] ?? 0))
    }

    @Test func newSourcesGetAChance() {
        #expect(shares([Self.record("http://near", rate: 10e6)], files: 100)["http://far"] == 50)
    }

    @Test func whatIsLeftAlone() {
        var chooser = SourceChooser(
            [Self.record("http://near", rate: 1, retryAt: 500), Self.record("http://far", rate: 1, retryAt: 300)],
            queued: [:], perSource: 10, now: 100)
        #expect(chooser.choose([Self.near, Self.far], size: 1, avoiding: nil) == .later(300))
        #expect(chooser.choose([], size: 1, avoiding: nil) == .none)
        #expect(chooser.choose(["nonsense"], size: 1, avoiding: nil) == .none)
    }

    @Test func limitOfASource() {
        let records = [Self.record("http://near", rate: 1e9), Self.record("http://far", rate: 1)]
        #expect(shares(records, files: 15, perSource: 10) == ["http://near": 10, "http://far": 5])
        var chooser = SourceChooser(records, queued: ["http://near": (10, 1)], perSource: 10, now: 0)
        #expect(chooser.choose([Self.near], size: 1, avoiding: nil) == .full)
    }

    /// What failed there last time is taken from another, if there is one.
    @Test func theLastOneIsAvoided() {
        var chooser = SourceChooser([], queued: [:], perSource: 10, now: 0)
        #expect(
            chooser.choose([Self.near, Self.far], size: 1, avoiding: "http://near")
                == .source("http://far", url: Self.far))
        #expect(chooser.choose([Self.near], size: 1, avoiding: "http://near") == .source("http://near", url: Self.near))
    }

    @Test func pausesGrowAndEnd() {
        var record = SourceRecord(name: "http://near")
        for _ in 0..<2 { record.noteFailure("x", at: 0) }
        #expect(record.retryAt == 0)
        var last = 0
        for _ in 0..<30 {
            record.noteFailure("x", at: 0)
            #expect(record.retryAt >= last / 2 && record.retryAt <= 3_600_000)
            last = record.retryAt
        }
        #expect(last >= 1_800_000)
        record.noteSuccess(bytes: 100, seconds: 1)
        #expect(record.retryAt == 0 && record.failedInRow == 0 && record.rate == 100)
        record.noteSuccess(bytes: 200, seconds: 1)
        #expect(record.rate == 120)
    }

    @Test(
        arguments: [
            (10, [(1, 100), (1, 100)], [5, 5]), (12, [(2, 100), (1, 100)], [8, 4]),
            (10, [(50, 3), (50, 100)], [3, 7]),
            (100, [(1, 3), (9, 4)], [3, 4]), (3, [(100, 10), (1, 10), (1, 10)], [1, 1, 1]), (0, [(1, 1)], [0]),
            (5, [], []),
        ] as [(Int, [(Int, Int)], [Int])])
    func shares(amount: Int, claims: [(Int, Int)], expected: [Int]) {
        let shares = FairShares.divide(amount, among: claims.map { (weight: $0.0, want: $0.1) })
        #expect(shares.reduce(0, +) == min(amount, claims.reduce(0) { $0 + $1.1 }))
        if amount != 3 { #expect(shares == expected) }
    }
}
