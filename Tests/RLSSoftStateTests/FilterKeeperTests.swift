import Dispatch
import Logging
import NIOConcurrencyHelpers
import RLSConfiguration
import RLSCore
import RLSFilter
import RLSStorage
import RLSStorageSQLite
import RLSTestSupport
import Testing

@testable import RLSSoftState

@Suite(.serialized) struct FilterKeeperTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteCatalogStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteCatalogStore(path: directory.file("lrc.db"), logger: Logger(label: "test"))
    }

    private func commit(_ changes: [Change]) async throws {
        _ = try await withCheckedContinuation { continuation in
            store.submit(WriteRequest(changes) { continuation.resume(returning: $0) })
        }.get()
    }

    private func expected(_ kind: FilterKeeper.Kind, _ filter: FilterBits, _ partition: NamePartition) throws
        -> FilterBits
    {
        var expected = FilterBits(filter.shape)
        try store.makeReader().lfns(after: nil) { name in
            if partition.contains(name) { expected.insert(name) }
            return .next
        }
        return expected
    }

    /// Names come and go while the filter is built, in batches: at the end it is that of the names there are.
    @Test(arguments: [FilterKeeper.Kind.own(oneIn: 100), .legacy(bitsPerName: 10, hashes: 3)])
    func builtWhileOthersWrite(kind: FilterKeeper.Kind) async throws {
        defer { store.shutdown() }
        let partition = NamePartition(kind == .own(oneIn: 100) ? [] : ["*[02468]", "x*"])
        try await commit((0..<120_000).map { .create(Mapping(lfn: "n\($0 * 3)", pfn: "p")) })
        let ready = DispatchSemaphore(value: 0)
        let keeper = FilterKeeper(kind, of: partition, in: store) { ready.signal() }
        store.observe { keeper.note($0) }
        keeper.build()
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<150 {
            let changes: [Change] = (0..<20).map { _ in
                let number = Int.random(in: 0..<360_000, using: &generator)
                let mapping = Mapping(lfn: "n\(number)", pfn: "p")
                return number % 3 == 0 ? .delete(mapping) : .create(mapping)
            }
            try await commit(changes)
        }
        try await blocking { ready.wait() }
        try await commit([.rename(.lfn, old: "n0", new: "x0"), .create(Mapping(lfn: "last0", pfn: "p"))])
        while !keeper.isReady { await Task.yield() }
        let whole = try #require(keeper.whole)
        #expect(whole.filter == (try expected(kind, whole.filter, partition)))
    }

    @Test func clearingEmptiesTheFilterAndBuildingGoesOn() async throws {
        defer { store.shutdown() }
        try await commit((0..<60_000).map { .create(Mapping(lfn: "n\($0)", pfn: "p")) })
        let keeper = FilterKeeper(.own(oneIn: 100), of: NamePartition([]), in: store) {}
        store.observe { keeper.note($0) }
        keeper.build()
        try await commit([.clear, .create(Mapping(lfn: "a", pfn: "p"))])
        while !keeper.isReady { await Task.yield() }
        let whole = try #require(keeper.whole)
        #expect(whole.names == 1)
        #expect(whole.filter == (try expected(.own(oneIn: 100), whole.filter, NamePartition([]))))
    }

    /// A catalog that outgrows its filter gets a larger one; what was sent before is no base for a delta then.
    @Test func growth() async throws {
        defer { store.shutdown() }
        let builds = NIOLockedValueBox(0)
        let keeper = FilterKeeper(.own(oneIn: 100), of: NamePartition([]), in: store) {
            builds.withLockedValue { $0 += 1 }
        }
        store.observe { keeper.note($0) }
        keeper.build()
        while !keeper.isReady { await Task.yield() }
        let first = try #require(keeper.whole)
        try await commit([.create(Mapping(lfn: "a", pfn: "p"))])
        #expect(keeper.delta(since: first.version) != nil)
        for part in 0..<10 {
            try await commit((0..<2_000).map { .create(Mapping(lfn: "n\(part)-\($0)", pfn: "p")) })
        }
        while keeper.whole.map({ $0.filter.shape.bits < 150_000 }) ?? true { await Task.yield() }
        #expect(keeper.delta(since: first.version) == nil)
        let whole = try #require(keeper.whole)
        #expect(whole.filter == (try expected(.own(oneIn: 100), whole.filter, NamePartition([]))))
        #expect(whole.filter.falsePositiveRate < 0.02)
        #expect(builds.withLockedValue { $0 } < 12)
    }

    @Test func patternsAreGlobs() {
        let partition = NamePartition(["H-*.gwf", "[LV]-?"])
        for (name, isIn) in [("H-1.gwf", true), ("H-1.gwfx", false), ("L-1", true), ("V-12", false), ("", false)] {
            let bytes = ByteString(name).bytes
            #expect(partition.contains(bytes.span) == isIn, "\(name)")
        }
    }
}
