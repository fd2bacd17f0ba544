import RLSClient
import RLSCore
import RLSTestSupport
import Testing

/// Connections that are kept, found closed, waited for in vain.
@Suite struct ConnectionPoolTests {
    let pool = ConnectionPool()
    private let lookup = ("rli_get_lrc|a|0|0|", "0|a|rlsn://x||")

    private func ask(_ pool: ConnectionPool, _ server: FakeServer, seconds: Double = 30) async throws
        -> [IndexedLocation]
    {
        try await pool.read(from: server.address, timeout: .seconds(Patience.seconds(seconds))) {
            try await IndexClient($0).locations(of: "a")
        }
    }

    @Test func connectionsAreKept() async throws {
        let server = try FakeServer([lookup])
        for _ in 0..<5 { #expect(try await ask(pool, server) == [IndexedLocation(lfn: "a", lrc: "rlsn://x")]) }
        #expect(server.connections == 1)
        await pool.close()
        #expect(try await ask(pool, server).count == 1)
        #expect(try await ask(pool, server).count == 1)
        #expect(server.connections == 3)
    }

    @Test func aClosedOneIsReplaced() async throws {
        let server = try FakeServer([lookup], closesAfterReply: true)
        for _ in 0..<4 { #expect(try await ask(pool, server).count == 1) }
        #expect(server.connections == 4)
        await pool.close()
    }

    @Test func aRefusalKeepsTheConnection() async throws {
        let server = try FakeServer([("rli_get_lrc|a|0|0|", "12|a|")])
        for _ in 0..<3 {
            await #expect(throws: CatalogError(.lfnNotFound, "a")) { try await ask(pool, server) }
        }
        #expect(server.connections == 1)
        let old = try FakeServer([], otherwise: .refuses)
        for _ in 0..<2 {
            await #expect(throws: CatalogError(.badMethod, "rli_get_lrc")) { try await ask(pool, old) }
        }
        #expect(old.connections == 2)
        await pool.close()
    }

    @Test func silenceEnds() async throws {
        let (silent, server) = (try FakeServer([]), try FakeServer([lookup]))
        var limits = ConnectionPool.Limits()
        limits.inUse = 1
        let narrow = ConnectionPool(limits: limits)
        // One waits for the server, the others for it to be done: all end in time, and leave the place free.
        await withTaskGroup(of: ClientError.Code?.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do { _ = try await ask(narrow, silent, seconds: 0.3) } catch {
                        return (error as? ClientError)?.code
                    }
                    return nil
                }
            }
            for await code in group { #expect(code == .timeout) }
        }
        #expect(try await ask(narrow, server).count == 1)
        await narrow.close()
    }

    @Test func cancellationEnds() async throws {
        let silent = try FakeServer([])
        let task = Task { try await ask(pool, silent, seconds: 600) }
        while silent.connections == 0 { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await pool.close()
    }
}
