import RLSCore
import RLSStorage
import RLSStoragePostgreSQL
import RLSTestSupport
import Testing

@testable import LDR

/// What only a database server does; all else, tests of the catalog try on each back end.
@Suite struct MetadataPostgreSQLTests {
    private func settings() async throws -> PostgreSQLSettings {
        try Self.settings(try await PostgreSQLServer.shared.freshDatabase())
    }

    private static func settings(_ url: String, patience: Duration = .seconds(30)) throws -> PostgreSQLSettings {
        try PostgreSQLSettings(url: url, patience: patience, program: "ldr")
    }

    private static func store(_ settings: PostgreSQLSettings) throws -> MetadataStore {
        try MetadataStore(PostgreSQLMetadataTables(settings), site: "cit")
    }

    /// Ends all other sessions on the database.
    private static func cut(_ settings: PostgreSQLSettings) throws(StorageError) {
        _ = try SharedPostgreSQLDatabase(.metadata, settings).read(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """)
    }

    @Test func programsThatStartAtOnceSetUpOnce() async throws {
        let settings = try await settings()
        let epochs = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<6 {
                group.addTask {
                    try await blocking {
                        let store = try Self.store(settings)
                        _ = try store.publish([.sample("f\(number)")])
                        return try store.epoch
                    }
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(epochs.count == 1)
        let store = try Self.store(settings)
        #expect(try store.count == 6 && store.lastChange == 6)
    }

    @Test func aConnectionThatIsLostIsMadeAgain() async throws {
        let settings = try await settings()
        let store = try Self.store(settings)
        _ = try store.publish([.sample("a")])
        try Self.cut(settings)
        #expect(try store.record(of: "a")?.record == .sample("a"))
        try Self.cut(settings)
        #expect(try store.publish([.sample("b")]) == PublishOutcome(new: 1))
    }

    @Test func aChangeWhoseConnectionIsLostLeavesNothing() async throws {
        let settings = try await settings()
        let store = try Self.store(settings)
        _ = try store.publish([.sample("a")])
        #expect {
            try store.write { (state) throws(StorageError) in
                state.change += 1
                var rows = try store.tables.rows(of: ["a"])
                for index in rows.indices { (rows[index].size, rows[index].change) = (7, state.change) }
                try store.tables.put(rows)
                try Self.cut(settings)
            }
        } throws: {
            ($0 as? StorageError)?.reason == .unreachable
        }
        #expect(try store.record(of: "a")?.record == .sample("a") && store.lastChange == 1)
        #expect(try store.delete(["a"]) == 1)
    }

    @Test func aServerThatIsDownIsNamedAndComesBack() async throws {
        let server = try await PostgreSQLServer()
        let url = server.url(of: "postgres") + "&password=secret"
        let patient = try Self.store(try Self.settings(url))
        _ = try patient.publish([.sample("a")])
        let store = try Self.store(try Self.settings(url, patience: .seconds(1)))
        #expect(try await eventually { (try? store.count) == 1 })
        try await server.shutDown()
        #expect { try store.publish([.sample("b")]) } throws: {
            let text = "\($0)"
            return ($0 as? StorageError)?.reason == .unreachable && text.hasPrefix("postgresql://\(server.host)/")
                && !text.contains("secret")
        }
        try await server.start()
        #expect(try patient.count == 1)
        // What was told too late has been done.
        let outcomes = [PublishOutcome(new: 1, unchanged: 1), PublishOutcome(unchanged: 2)]
        #expect(
            try await eventually {
                (try? store.publish([.sample("a"), .sample("b")])).map { outcomes.contains($0) } ?? false
            })
        #expect(try patient.count == 2)
    }

    @Test func nobodyWaitsForALockForEver() async throws {
        let url = try await PostgreSQLServer.shared.freshDatabase()
        let (first, third) = (try Self.store(try Self.settings(url)), try Self.store(try Self.settings(url)))
        let second = try Self.store(try Self.settings(url, patience: .seconds(1)))
        _ = try first.publish([.sample("a")])
        #expect(try await eventually { (try? second.count) == 1 })
        try first.write { (_) throws(StorageError) in
            #expect { try second.publish([.sample("b")]) } throws: { ($0 as? StorageError)?.reason == .timedOut }
            #expect(throws: Never.self) { try third.record(of: "a") }
        }
        #expect(try first.count == 1)
        #expect(try await eventually { (try? second.publish([.sample("b")])) != nil })
        #expect(try first.count == 2)
    }

    /// Of which an index entry holds only the beginning.
    @Test func longNamesAreOrderedAsAWhole() async throws {
        let store = try Self.store(try await settings())
        let head = ByteString([UInt8](repeating: 0x68, count: 1_200))
        let names = [head, "a"] + (0..<20).map { head + ByteString([UInt8(($0 * 97) % 251 + 1)]) + head }
        _ = try store.publish(names.map { FileRecord(lfn: $0, size: 1) })
        #expect(try store.publish(names.map { FileRecord(lfn: $0, size: 1) }) == PublishOutcome(unchanged: 22))
        for start in [nil] + names.map(Optional.some) {
            var seen: [ByteString] = []
            try store.scan(after: start ?? .empty) { record, _ in
                seen.append(record.lfn)
                return true
            }
            #expect(seen == names.sorted().filter { $0 > start ?? .empty })
        }
    }

    @Test func aNewerSchemaIsRefused() async throws {
        let settings = try await settings()
        let database = SharedPostgreSQLDatabase(.metadata, settings)
        try database.write(locking: "SELECT 1") { (_) throws(StorageError) in
            try database.send("INSERT INTO ldr.version (number) VALUES (99)", PostgreSQLParameters())
        }
        #expect { try Self.store(settings).lastChange } throws: { "\($0)".contains("run the newer ldr") }
    }
}
