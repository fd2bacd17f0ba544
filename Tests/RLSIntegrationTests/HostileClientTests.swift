import Foundation
import RLSClient
import RLSCore
import RLSTestSupport
import Testing

@testable import RLSStorageSQLite

/// Clients that are slow, silent, deaf, many or wrong: they get an error or are closed, and others go on.
@Suite struct HostileClientTests {
    @Test(arguments: [
        ("lrc_get_pfn|" + String(repeating: "x", count: 70_000), "5|string longer than 65536 bytes|"),
        (String(repeating: "x", count: 70_000), "5|string longer than 65536 bytes|"),
        ("lrc_create|" + String(repeating: "x", count: 4_097) + "|p|close|", "6|name longer than 4096 bytes|"),
        ("nonsense|a|b|", "8|nonsense|"),
        ("lrc_create_bulk|a|b|c|d|e|f||", "5|more than 2 items in one request|"),
        ("lrc_create_bulk|a||c|d||close|", "0|6|a|||"),
    ])
    func wrongRequests(request: String, answer: String) async throws {
        let server = try await ServerProcess.start(["max_bulk_items 2"])
        try await blocking {
            let client = try RawClient(port: server.port)
            try client.send(request)
            #expect(try client.receiveUntilClosed() == "0|" + answer)
        }
    }

    @Test func longestNamesOfAnyBytes() async throws {
        let server = try await ServerProcess.start()
        let name = ByteString((0..<4_096).map { UInt8($0 % 255 + 1) })
        let target = ByteString(name.bytes.reversed())
        let client = try await server.connect()
        try await client.create(Mapping(lfn: name, pfn: target))
        #expect(try await client.mappings(of: .lfn, name) == [Mapping(lfn: name, pfn: target)])
        #expect(try await client.mappings(of: .pfn, target).count == 1)
    }

    @Test func halfARequestAndSilence() async throws {
        let server = try await ServerProcess.start(["request_timeout 1"])
        try await blocking {
            let client = try RawClient(port: server.port)
            try client.send("lrc_get_pfn|half")
            #expect(try client.receiveUntilClosed() == "0|")
        }
    }

    /// Requests without a pause are no request that does not end.
    @Test func pipeliningLongerThanTheRequestTimeout() async throws {
        let server = try await ServerProcess.start(["request_timeout 4", "idletimeout 8"])
        let end = ContinuousClock.now + .seconds(9)
        try await blocking {
            let client = try RawClient(port: server.port)
            #expect(try client.receive("0|") == "0|")
            // Each piece ends in the middle of a request.
            try client.send("lrc_get_pfn|nix|0|0|lrc_get_pfn|n")
            while ContinuousClock.now < end {
                #expect(try client.exchange("ix|0|0|lrc_get_pfn|n", "12|nix|"))
                // Others are tested, too.
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
    }

    @Test func silence() async throws {
        let server = try await ServerProcess.start(["idletimeout 1"])
        let heard = try await blocking { try RawClient(port: server.port).receiveUntilClosed() }
        #expect(heard == "0|")
    }

    @Test func tooManyConnections() async throws {
        let server = try await ServerProcess.start(["maxconnections 3"])
        try await blocking {
            var clients: [RawClient] = []
            for _ in 0..<3 {
                let client = try RawClient(port: server.port)
                #expect(try client.receive("0|") == "0|")
                clients.append(client)
            }
            for _ in 0..<50 {
                let answer = try RawClient(port: server.port).receiveUntilClosed()
                #expect(answer == "28|Too many connections (maxconnections 3)|")
            }
            #expect(try clients[0].exchange("admin|0|", "0|"))
            try clients[1].send("close|")
            #expect(try clients[1].receiveUntilClosed() == "")
            #expect(try RawClient.welcomed(port: server.port).exchange("admin|0|", "0|"))
        }
    }

    /// It asks for far more than it reads: it costs one bounded buffer, and is cut off in the end.
    @Test func clientThatNeverReads() async throws {
        let server = try await ServerProcess.start(["write_timeout 1", "loglevel debug"])
        let client = try await server.connect()
        let names = (0..<20_000).map { Mapping(lfn: "lfn\($0)", pfn: "gsiftp://host.example.org/\($0)") }
        #expect(try await client.createAll(names).isEmpty)
        let deaf = try await blocking {
            let deaf = try (0..<20).map { _ in try RawClient(port: server.port) }
            for one in deaf { try one.send(String(repeating: "lrc_get_pfn_wc|%|0|0|", count: 200)) }
            let other = try RawClient(port: server.port)
            #expect(try other.receive("0|") == "0|")
            for _ in 0..<200 {
                #expect(try other.exchange("lrc_get_pfn|lfn7|0|0|", "0|lfn7|gsiftp://host.example.org/7||"))
            }
            #expect(
                try other.exchange("lrc_get_pfn_wc|lfn777_|0|1|", "0|lfn7779|gsiftp://host.example.org/7779|\u{1}|"))
            let memory = try server.residentMegabytes()
            #expect(memory < Patience.megabytes(300), "resident \(memory) MB")
            return deaf
        }
        #expect(await server.waitForLog("cause=replyNotRead", times: 20))
        let received = try await blocking { try deaf.map { try $0.receiveUntilClosed().utf8.count } }
        // What lay in the buffers of both ends, not the 180 MB that were asked for.
        #expect(received.allSatisfy { $0 < 40 << 20 })
    }

    @Test func tenThousandConnections() async throws {
        let server = try await ServerProcess.start(["maxconnections 300"])
        try await blocking {
            var kept: [RawClient] = []
            let keeper = try RawClient(port: server.port)
            #expect(try keeper.receive("0|") == "0|")
            for number in 0..<10_000 {
                let client = try RawClient(port: server.port)
                if kept.count < 400 { kept.append(client) }
                if number % 500 == 0 { #expect(try keeper.exchange("admin|0|", "0|")) }
            }
            #expect(try keeper.exchange("lrc_create|a|b|lrc_get_pfn|a|0|0|", "0|0|a|b||"))
            #expect(try server.residentMegabytes() < Patience.megabytes(300))
        }
    }

    @Test func aDatabaseLockedByAnotherProgram() async throws {
        let server = try await ServerProcess.start(backend: .sqlite)
        let client = try await server.connect()
        try await client.create(Mapping(lfn: "a", pfn: "b"))
        let locker = try SQLiteConnection(path: server.database, access: .existing, busyTimeout: 20_000, cacheKiB: 64)
        try locker.execute("BEGIN IMMEDIATE")
        await #expect(throws: CatalogError(.databaseError, "database is locked")) {
            try await client.create(Mapping(lfn: "c", pfn: "d"))
        }
        #expect(try await client.mappings(of: .lfn, "a").count == 1)
        try locker.execute("ROLLBACK")
        try await client.create(Mapping(lfn: "c", pfn: "d"))
        #expect(await server.waitForLog("another program holds a lock"))
    }
}
