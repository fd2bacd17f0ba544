import NIOConcurrencyHelpers
import RLSClient
import RLSCore
import RLSTestSupport
import Testing

/// A primary that dies under writes, and a standby that takes its place.
@Suite(.serialized) struct FailoverTests {
    /// A primary that acknowledges what its standby has.
    private struct Pair {
        let primary: PostgreSQLServer
        let standby: PostgreSQLServer

        init() async throws {
            primary = try await PostgreSQLServer()
            standby = try await PostgreSQLServer(.standby(of: primary))
            try await primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'", in: "postgres")
            try await primary.sql("SELECT pg_reload_conf()", in: "postgres")
            let primary = self.primary
            let isSynchronous = try await eventually {
                try await primary.sql("SELECT sync_state FROM pg_stat_replication", in: "postgres") == "sync"
            }
            #expect(isSynchronous)
        }

        var url: String { "postgresql://rls@/postgres?host=\(primary.host),\(standby.host)" }
    }

    private final class Acknowledged: Sendable {
        private let names = NIOLockedValueBox<Set<String>>([])
        private let refusals = NIOLockedValueBox(0)

        var all: Set<String> { names.withLockedValue { $0 } }
        var refused: Int { refusals.withLockedValue { $0 } }
        func add(_ more: [String]) { names.withLockedValue { $0.formUnion(more) } }
        func noteRefusal() { refusals.withLockedValue { $0 += 1 } }
    }

    /// No acknowledged write is lost, none is made twice, and clients go on, on the connections that they have.
    @Test(.timeLimit(.minutes(10))) func standbyTakesOver() async throws {
        let pair = try await Pair()
        let server = try await ServerProcess.start(["lrc_db_url \(pair.url)", "read_db_url \(pair.url)"])
        let acknowledged = Acknowledged()
        let isOver = NIOLockedValueBox(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let client = try await server.connect()
                    var number = 0
                    while !isOver.withLockedValue({ $0 }) {
                        number += 1
                        try await write("w\(writer)-\(number)", client, acknowledged)
                    }
                }
            }
            group.addTask {
                #expect(try await eventually { acknowledged.all.count > 200 })
                try await pair.primary.kill()
                try await pair.standby.promote()
                let before = acknowledged.all.count
                #expect(try await eventually { acknowledged.all.count > before + 200 })
                isOver.withLockedValue { $0 = true }
            }
            try await group.waitForAll()
        }
        let reader = try await server.connect()
        for name in acknowledged.all {
            #expect(try await reader.mappings(of: .lfn, ByteString(name)).map(\.pfn) == ["p"])
        }
        let stored = try await pair.standby.sql("SELECT count(*) FROM lrc.mapping", in: "postgres")
        let counted = try await pair.standby.sql("SELECT mappings FROM lrc.state", in: "postgres")
        #expect(stored == counted)
        // More only where an answer was not given in time.
        #expect((Int(stored) ?? 0) - acknowledged.all.count <= acknowledged.refused)
    }

    private func write(_ name: String, _ client: CatalogClient, _ acknowledged: Acknowledged) async throws {
        do {
            try await client.create(Mapping(lfn: ByteString(name), pfn: "p"))
            acknowledged.add([name])
        } catch let error as CatalogError {
            // The database is away for longer than a request waits: nothing else is an excuse.
            #expect(error.code == .databaseError)
            acknowledged.noteRefusal()
        }
    }

    /// A client that has written sees what it wrote, though the standby hangs behind.
    @Test(.timeLimit(.minutes(10))) func readsOnStandbyAreNotTooOld() async throws {
        let primary = try await PostgreSQLServer()
        let standby = try await PostgreSQLServer(.standby(of: primary))
        let server = try await ServerProcess.start([
            "lrc_db_url \(primary.url(of: "postgres"))", "read_db_url \(standby.url(of: "postgres"))",
            "read_db_staleness 7",
        ])
        let (writer, other) = (try await server.connect(), try await server.connect())
        try await writer.create(Mapping(lfn: "old", pfn: "p"))
        #expect(try await eventually { (try? await other.mappings(of: .lfn, "old").map(\.pfn)) == ["p"] })
        try await standby.sql("SELECT pg_wal_replay_pause()", in: "postgres")
        try await writer.create(Mapping(lfn: "new", pfn: "p"))
        #expect(try await writer.mappings(of: .lfn, "new").map(\.pfn) == ["p"])
        // Who has not written may be told the old state for a while, and not longer.
        #expect(try await eventually { (try? await other.mappings(of: .lfn, "new").map(\.pfn)) == ["p"] })
        try await standby.kill()
        #expect(try await other.mappings(of: .lfn, "new").map(\.pfn) == ["p"])
    }
}
