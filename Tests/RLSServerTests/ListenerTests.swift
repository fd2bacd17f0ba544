import Foundation
import RLSConfiguration
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSServer

@Suite struct ListenerTests {
    /// The write that runs is answered, the idle client closed, nobody new let in, and it is over in five seconds.
    @Test func gracefulStopFinishesWhatRuns() async throws {
        let gate = GatedStore()
        let server = try await TestServer(through: gate)
        let (writer, idle) = try await blocking {
            let clients = (try server.client(), try server.client())
            try clients.0.send("lrc_create|a|p|")
            gate.waitForRequest()
            return clients
        }
        let clock = ContinuousClock()
        let start = clock.now
        try await blocking {
            // All else is up to this thread: the pool may be late to go on, and the server waits three seconds.
            Task { await server.beginStop() }
            let silence = try idle.receiveUntilClosed()
            #expect(silence == "")
            gate.open()
            let answer = try writer.receiveUntilClosed()
            #expect(answer == "0|")
        }
        try await server.stop()
        #expect(clock.now - start < .seconds(Patience.seconds(5)))
        #expect(server.catalog.counts.mappings == 1)
        #expect(throws: RawClient.Failure.self) { try RawClient(port: server.port) }
    }

    /// A write that does not end is not waited for without end.
    @Test func gracefulStopIsBounded() async throws {
        let gate = GatedStore()
        let server = try await TestServer(through: gate)
        let writer = try await blocking {
            let client = try server.client()
            try client.send("lrc_create|a|p|")
            gate.waitForRequest()
            return client
        }
        let clock = ContinuousClock()
        let time = try await clock.measure { try await server.stop() }
        #expect(time < .seconds(Patience.seconds(5)))
        #expect(try await blocking { try writer.receiveUntilClosed() } == "")
    }

    @Test func aPortInUseIsSaid() async throws {
        let first = try await TestServer()
        let port = first.port
        await #expect(throws: (any Error).self) { try await TestServer { $0.port = port } }
        try await first.stop()
    }

    @Test func twoThousandConnections() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 8_192))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try await withServer {
            $0.maximumConnections = 1_000
        } body: { server in
            let clients = try (0..<2_000).map { _ in try RawClient(port: server.port) }
            var welcome: [RawClient] = []
            var refused = 0
            for client in clients {
                if try client.receive("0|") == "0|" { welcome.append(client) } else { refused += 1 }
            }
            #expect(welcome.count == 1_000)
            #expect(refused == 1_000)
            for client in welcome { try client.send("lrc_exists|nosuch|0|") }
            for client in welcome { #expect(try client.receive("12|nosuch,0|") == "12|nosuch,0|") }
        }
    }
}
