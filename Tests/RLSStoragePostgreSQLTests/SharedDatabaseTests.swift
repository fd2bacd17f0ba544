import NIOConcurrencyHelpers
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStoragePostgreSQL

/// Several servers on one database.
@Suite struct SharedDatabaseTests {
    /// Everybody creates the same names at once, in requests of several.
    @Test func oneServerWinsEachRace() async throws {
        let database = try await TestDatabase()
        let stores = try (0..<3).map { _ in try database.open() }
        defer { for store in stores { store.shutdown() } }
        let wins = try await withThrowingTaskGroup(of: [Int].self) { group in
            for (server, store) in stores.enumerated() {
                for part in 0..<4 {
                    group.addTask {
                        let names = (0..<50).map { part * 50 + $0 }.shuffled()
                        let changes = names.map { Change.create(Mapping(lfn: "lfn\($0)", pfn: "server\(server)")) }
                        let results = try await StoreProbe(store).apply(changes)
                        #expect(results.allSatisfy { $0 == nil || $0?.code == .lfnExists })
                        return zip(names, results).filter { $0.1 == nil }.map(\.0)
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(wins.sorted() == Array(0..<200))
        #expect(try database.number("SELECT lfns FROM lrc.state") == 200)
        #expect(try database.number("SELECT mappings FROM lrc.state") == 200)
        #expect(
            try database.number("SELECT pfns FROM lrc.state")
                == database.number("SELECT count(DISTINCT pfn) FROM lrc.mapping"))
    }

    @Test func whatOneAcknowledgesTheOtherSees() async throws {
        let database = try await TestDatabase()
        let (first, second) = (try database.open(), try database.open())
        defer {
            first.shutdown()
            second.shutdown()
        }
        for number in 0..<20 {
            let name = ByteString("n\(number)")
            #expect(
                try await StoreProbe(number % 2 == 0 ? first : second).apply(.create(Mapping(lfn: name, pfn: "p")))
                    == nil)
            #expect(try StoreProbe(number % 2 == 0 ? second : first).targets(of: name) == ["p"])
        }
        // Within a second or so, without a commit of its own.
        #expect(try await eventually { first.counts.lfns == 20 && second.counts.lfns == 20 })
    }

    /// The one on duty is told of everybody's changes, in the order in which they were committed.
    @Test func dutyIsOnesAndPassesOn() async throws {
        // A machine that stands still for six seconds costs the lease, as it should, and then others are told.
        for _ in 0..<3 { if try await dutyPassesOn() { return } }
        Issue.record("the lease was lost three times")
    }

    /// False when the first has lost the lease meanwhile.
    private func dutyPassesOn() async throws -> Bool {
        let database = try await TestDatabase()
        let (first, second) = (try database.open(), try database.open())
        defer { second.shutdown() }
        _ = try await StoreProbe(first).apply(.addRLI(url: "rls://index", flags: 0, pattern: ""))
        let (told, onDuty, turns) = (Told(), NIOLockedValueBox(Set<Int>()), NIOLockedValueBox(0))
        first.observe { told.add($0, by: 1) }
        second.observe { told.add($0, by: 2) }
        func work(_ number: Int, _ store: PostgreSQLCatalogStore) -> Task<Void, Never> {
            Task {
                await store.whileOnDuty(as: "rls://server") {
                    onDuty.withLockedValue { _ = $0.insert(number) }
                    turns.withLockedValue { $0 += 1 }
                    try? await Task.sleep(for: .seconds(3_600))
                    onDuty.withLockedValue { _ = $0.remove(number) }
                }
            }
        }
        let one = work(1, first)
        #expect(try await eventually { onDuty.withLockedValue { $0 } == [1] })
        let two = work(2, second)
        for number in 0..<100 {
            let store = number % 3 == 0 ? first : second
            _ = try await StoreProbe(store).apply(.create(Mapping(lfn: "n\(number)", pfn: "p")))
        }
        let hasAll = try await eventually { told.names(by: 1).count == 100 || turns.withLockedValue { $0 } > 1 }
        if turns.withLockedValue({ $0 }) > 1 {
            for task in [one, two] {
                task.cancel()
                await task.value
            }
            first.shutdown()
            return false
        }
        #expect(hasAll)
        #expect(told.names(by: 1) == (0..<100).map { ByteString("n\($0)") })
        #expect(told.names(by: 2).isEmpty)
        #expect(onDuty.withLockedValue { $0 } == [1])
        one.cancel()
        await one.value
        first.shutdown()
        #expect(try await eventually { onDuty.withLockedValue { $0 } == [2] })
        two.cancel()
        await two.value
        return true
    }

    /// Between two commits nobody commits, and all that was committed before has been told.
    @Test func pauseStopsAllWriters() async throws {
        let database = try await TestDatabase()
        let (first, second) = (try database.open(), try database.open())
        defer {
            first.shutdown()
            second.shutdown()
        }
        _ = try await StoreProbe(second).apply(.create(Mapping(lfn: "before", pfn: "p")))
        let counts = NIOLockedValueBox<[Int]>([])
        async let writes: Void = {
            for number in 0..<200 {
                _ = try await StoreProbe(second).apply(.create(Mapping(lfn: "n\(number)", pfn: "p")))
            }
        }()
        for _ in 0..<10 {
            try await blocking {
                try first.betweenCommits {
                    for _ in 0..<2 {
                        let count = (try? database.number("SELECT count(*) FROM lrc.mapping")) ?? -1
                        counts.withLockedValue { $0.append(count) }
                    }
                }
            }
        }
        try await writes
        let seen = counts.withLockedValue { $0 }
        #expect(seen.count == 20 && !seen.contains(-1))
        for pair in stride(from: 0, to: seen.count, by: 2) { #expect(seen[pair] == seen[pair + 1]) }
    }
}

/// What observers were told.
private final class Told: Sendable {
    private let names = NIOLockedValueBox<[Int: [ByteString]]>([:])

    func add(_ events: [CatalogEvent], by observer: Int) {
        names.withLockedValue { names in
            for case .name(let change) in events { names[observer, default: []].append(change.name) }
        }
    }

    func names(by observer: Int) -> [ByteString] { names.withLockedValue { $0[observer] ?? [] } }
}
