import NIOConcurrencyHelpers
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStoragePostgreSQL

@Suite struct DatabaseFailureTests {
    private func relayed() async throws -> (relay: CuttingRelay, store: PostgreSQLCatalogStore) {
        let url = try await PostgreSQLServer.shared.freshDatabase()
        let host = try await PostgreSQLServer.shared.host
        let relay = try await CuttingRelay(to: host)
        let store = try TestDatabase.open(url.replacing(host, with: relay.host), isPooled: true)
        return (relay, store)
    }

    /// The answer to a COMMIT is lost: it was made, and is neither made again nor refused because of itself.
    @Test(arguments: [CuttingRelay.Cut.after, .before])
    func lostAnswer(cut: CuttingRelay.Cut) async throws {
        let (relay, store) = try await relayed()
        defer { store.shutdown() }
        let probe = StoreProbe(store)
        for number in 0..<5 {
            relay.cutNext(cut)
            let name = ByteString("n\(number)")
            let results = try await probe.apply([
                .create(Mapping(lfn: name, pfn: "p")), .create(Mapping(lfn: "n0", pfn: "q")),
            ])
            #expect(results[0] == nil)
            #expect(results[1] == CatalogError(.lfnExists, "n0"))
            #expect(try probe.targets(of: name) == ["p"])
        }
        #expect(relay.count == 5)
        #expect(store.counts == CatalogCounts(lfns: 5, pfns: 1, mappings: 5))
    }

    /// Stopped, started, killed under writes: what was acknowledged is there, and the store goes on.
    @Test func databaseThatComesAndGoes() async throws {
        let server = try await PostgreSQLServer()
        let store = try TestDatabase.open(server.url(of: "postgres"))
        defer { store.shutdown() }
        let probe = StoreProbe(store)
        let count = NIOLockedValueBox(0)
        let writer = Task {
            var acknowledged: [ByteString] = []
            for number in 0... {
                if Task.isCancelled { break }
                let name = ByteString("n\(number)")
                if try await probe.apply(.create(Mapping(lfn: name, pfn: "p"))) == nil { acknowledged.append(name) }
                count.withLockedValue { $0 = acknowledged.count }
            }
            return acknowledged
        }
        for isKill in [false, true, true] {
            try await moreIsAcknowledged(count)
            if isKill { try await server.kill() } else { try await server.shutDown() }
            try await server.start()
        }
        try await moreIsAcknowledged(count)
        writer.cancel()
        let acknowledged = try await writer.value
        var stored: Set<ByteString> = []
        try store.makeReader().lfns(after: nil) {
            stored.insert(ByteString($0))
            return .next
        }
        #expect(stored == Set(acknowledged))
        #expect(store.counts.lfns == stored.count)
    }

    private func moreIsAcknowledged(_ count: NIOLockedValueBox<Int>) async throws {
        let before = count.withLockedValue { $0 }
        #expect(try await eventually { count.withLockedValue { $0 } > before + 10 })
    }

    /// Down for longer than anybody waits: refused with the cause, in time, and good again afterwards.
    @Test func databaseThatStaysAway() async throws {
        let server = try await PostgreSQLServer()
        try TestDatabase.setUp(server.url(of: "postgres"))
        try await server.shutDown()
        // It is no reason not to start.
        let store = try TestDatabase.open(server.url(of: "postgres"), patience: .milliseconds(500))
        defer { store.shutdown() }
        let probe = StoreProbe(store)
        for _ in 0..<2 {
            let error = try await #require(throws: StorageError.self) {
                _ = try await probe.apply(.create(Mapping(lfn: "a", pfn: "p")))
            }
            #expect(error.reason == .unreachable)
            #expect(error.answer == CatalogError(.databaseError, "database cannot be reached"))
        }
        let error = try #require(throws: StorageError.self) { _ = try probe.targets(of: "a") }
        #expect(error.reason == .unreachable)
        #expect(throws: StorageError.self) { try store.betweenCommits {} }
        try await server.start()
        #expect(try await eventually { (try? await probe.apply(.ensure(Mapping(lfn: "a", pfn: "p")))) == .some(nil) })
        #expect(try await eventually { (try? probe.targets(of: "a")) == ["p"] })
    }

    @Test func noConnectionIsLeft() async throws {
        let server = try await PostgreSQLServer(
            settings: ["max_connections = 4", "superuser_reserved_connections = 0", "max_wal_senders = 0"])
        try TestDatabase.setUp(server.url(of: "postgres"))
        var taken: [PostgreSQLConnection] = []
        let settings = try PostgreSQLSettings(url: server.url(of: "postgres"))
        // What was closed takes its place a moment longer.
        #expect(
            try await eventually {
                if let connection = try? PostgreSQLConnection(settings) { taken.append(connection) }
                return taken.count == 4
            })
        let store = try TestDatabase.open(server.url(of: "postgres"), patience: .seconds(1))
        defer { store.shutdown() }
        let error = try #require(throws: StorageError.self) { _ = try StoreProbe(store).targets(of: "a") }
        #expect(error.reason == .outOfConnections)
        taken = []
        #expect(try await eventually { (try? StoreProbe(store).targets(of: "a")) == [] })
    }

    /// Somebody holds a lock that writers need.
    @Test func lockedDatabaseIsNotWaitedForForEver() async throws {
        let database = try await TestDatabase()
        try TestDatabase.setUp(database.url)
        let store = try database.open(patience: .milliseconds(500))
        defer { store.shutdown() }
        let other = try database.connect()
        _ = try other.query("BEGIN", by: Deadline(in: .seconds(30)))
        _ = try other.query("LOCK TABLE lrc.state", by: Deadline(in: .seconds(30)))
        let error = try await #require(throws: StorageError.self) {
            _ = try await StoreProbe(store).apply(.create(Mapping(lfn: "a", pfn: "p")))
        }
        #expect(error.reason == .timedOut)
        other.rollback(by: Deadline(in: .seconds(30)))
        #expect(
            try await eventually {
                (try? await StoreProbe(store).apply(.ensure(Mapping(lfn: "a", pfn: "p")))) == .some(nil)
            })
    }

    @Test func wrongPasswordIsSaidSo() async throws {
        let host = try await PostgreSQLServer.shared.host
        do {
            try TestDatabase.open("postgresql://nobody:secret@/postgres?host=\(host)").shutdown()
            Issue.record("opened")
        } catch let error as StorageError {
            #expect(error.reason == .refused && !error.message.contains("secret"))
        }
    }
}
