import NIOCore
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSServer

/// Servers whose stores do not answer in place: look-ups are made together, by other threads, and answered as ever.
@Suite struct RemoteStoreTests {
    @Test func manyClientsShareAJourney() async throws {
        let store = RemoteStore()
        try await withServer(through: store) { server in
            let writer = try server.client()
            let pairs = (0..<100).map { "n\($0)|p\($0)|" }.joined()
            #expect(try writer.exchange("lrc_create_bulk|\(pairs)|", "0||"))
            let clients = try (0..<100).map { _ in try server.client() }
            store.journeys.close()
            for (number, client) in clients.enumerated() {
                try client.send("lrc_get_pfn|n\(number)|0|0|")
                // Two are on their way, the others wait.
                if number < 2 { store.journeys.waitForOne() }
            }
            try server.awaitLookups { $0 == 98 }
            store.journeys.open()
            for (number, client) in clients.enumerated() {
                let reply = "0|n\(number)|p\(number)||"
                #expect(try client.receive(reply) == reply)
            }
            #expect(store.journeys.catalog.map(\.count) == [1, 1, 98])
            #expect(store.journeys.lone == 0)
        }
    }

    @Test func requestsOfOneClientShareAJourney() async throws {
        let store = RemoteStore()
        try await withServer(through: store) { server in
            let client = try server.client()
            #expect(try client.exchange("lrc_create|a|p|", "0|"))
            let requests = "lrc_get_pfn|a|0|0|lrc_exists|b|0|lrc_mapping_exists|a|p|lrc_get_lfn|q|0|0|"
            let replies = "0|a|p||12|b,0|0|14|q|"
            store.journeys.close()
            try client.send(String(repeating: requests, count: 50))
            // 64 are begun: some of them are on their way, the others wait.
            try server.awaitLookups { $0 + store.journeys.catalog.joined().count == 64 }
            store.journeys.open()
            let all = String(repeating: replies, count: 50)
            #expect(try client.receive(all) == all)
            let journeys = store.journeys.catalog.map(\.count)
            #expect(journeys.prefix(3).reduce(0, +) >= 64)
            #expect(journeys.reduce(0, +) == 200)
            #expect(store.journeys.lone == 0)
        }
    }

    /// Every exact look-up of every method is read ahead, and a long list a thousand items at a time.
    @Test func listsAreReadAhead() async throws {
        let store = RemoteStore()
        try await withServer(through: store) { server in
            let client = try server.client()
            let count = 2_500
            let pairs = (0..<count).map { "n\($0)|p\($0)|" }.joined()
            let values = (0..<count).map { "n\($0)|0|2|size|\($0)|" }.joined()
            #expect(try client.exchange("lrc_create_bulk|\(pairs)|lrc_attr_create|size|0|2|", "0||0|"))
            #expect(try client.exchange("lrc_attr_add_bulk|\(values)|", "0||"))
            let numbers = 0..<count
            let names = numbers.map { "n\($0)|" }.joined()
            let found = numbers.map { "0|n\($0)|p\($0)|" }.joined()
            #expect(try client.exchange("lrc_get_pfn_bulk|\(names)|", "0|\(found)|"))
            #expect(store.journeys.catalog.map(\.count) == [1_000, 1_000, 500])
            let isThere = numbers.map { "0|n\($0)|<empty>|" }.joined()
            #expect(try client.exchange("lrc_exists_bulk|0|\(names)|", "0|\(isThere)|"))
            let sizes = numbers.map { "0|n\($0)|size|2|\($0)|" }.joined()
            #expect(try client.exchange("lrc_attr_value_get_bulk|size|0|\(names)|", "0|\(sizes)|"))
            #expect(try client.exchange("lrc_attr_value_get|n7||0|", "0|size|2|7||"))
            try client.send("lrc_export||||0|close|")
            #expect(try client.receiveUntilClosed().hasPrefix("0|M|n0|p0||L|size|2|0|"))
            #expect(store.journeys.lone == 0)
        }
    }

    /// A list of targets that goes on as a stream, between others that are answered at once.
    @Test func longAnswersKeepTheirPlace() async throws {
        try await withServer(through: RemoteStore()) { server in
            let client = try server.client()
            let targets = (0..<6_000).map { "a/target/so/long/that/they/fill/some/chunks/\($0 + 10_000)" }
            let pairs = targets.dropFirst().map { "n|\($0)|" }.joined()
            #expect(try client.exchange("lrc_create|m|p|lrc_create|n|\(targets[0])|lrc_add_bulk|\(pairs)|", "0|0|0||"))
            let list = "0|" + targets.map { "n|\($0)|" }.joined() + "|"
            let requests = "lrc_get_pfn|m|0|0|lrc_get_pfn|n|0|0|lrc_exists|x|0|lrc_get_pfn|n|0|0|lrc_create|o|p|"
            let replies = "0|m|p||" + list + "12|x,0|" + list
            #expect(try client.exchange(requests, replies + "0|"))
            #expect(try client.exchange(requests, replies + "11|o|"))
            let page = "0|n|\(targets[1])|n|\(targets[2])|\u{1}|"
            #expect(try client.exchange("lrc_get_pfn|n|1|2|", page))
            #expect(try client.exchange("lrc_get_pfn|n|3|1|", "0|n|\(targets[3])|\u{1}|"))
        }
    }

    @Test func aFailingStoreIsAnsweredAndTheConnectionStays() async throws {
        let store = RemoteStore()
        try await withServer(through: store) { server in
            let client = try server.client()
            #expect(try client.exchange("lrc_create|a|p|", "0|"))
            store.journeys.fail(StorageError(.unreachable, "db.example.org: no route"))
            let failure = "17|database cannot be reached|"
            #expect(try client.exchange("lrc_get_pfn|a|0|0|lrc_exists|a|0|", failure + failure))
            #expect(try client.exchange("lrc_attr_value_get|a||0|lrc_get_pfn|a|0|0|", failure + failure))
            store.journeys.fail(nil)
            #expect(try client.exchange("lrc_get_pfn|a|0|0|", "0|a|p||"))
        }
    }

    /// Three clients: two whose look-up is on its way and does not come back, and one that has sent these requests.
    private static func occupy(_ server: TestServer, _ store: RemoteStore, _ requests: String) throws -> [RawClient] {
        let clients = try (0..<3).map { _ in try server.client() }
        store.journeys.close()
        for client in clients.prefix(2) {
            try client.send("lrc_exists|a|0|")
            store.journeys.waitForOne()
        }
        try clients[2].send(requests)
        return clients
    }

    @Test func timeRunsOutAndTheConnectionStays() async throws {
        let store = RemoteStore()
        var limits = LookupLimits()
        limits.time = .seconds(Int64(Patience.seconds(1)))
        try await withServer(through: store, lookupLimits: limits) { server in
            let clients = try Self.occupy(server, store, "lrc_exists|a|0|lrc_get_pfn|a|0|0|")
            let failures = String(repeating: "17|database does not answer in time|", count: 2)
            #expect(try clients[2].receive(failures) == failures)
            store.journeys.open()
            for client in clients.prefix(2) { #expect(try client.receive("12|a,0|") == "12|a,0|") }
            for client in clients { #expect(try client.exchange("lrc_exists|a|0|", "12|a,0|")) }
        }
    }

    // MARK: The end

    @Test func aStopWaitsForLookUps() async throws {
        let store = RemoteStore()
        let server = try await TestServer(through: store)
        try await blocking {
            let clients = try Self.occupy(server, store, "lrc_exists|b|0|lrc_get_pfn|c|0|0|")
            let idle = try server.client()
            try server.awaitLookups { $0 == 2 }
            // All else is up to this thread: the pool may be late to go on, and the server waits three seconds.
            Task { await server.beginStop() }
            #expect(try idle.receiveUntilClosed() == "")
            store.journeys.open()
            let answers = try clients.map { try $0.receiveUntilClosed() }
            #expect(answers == ["12|a,0|", "12|a,0|", "12|b,0|12|c|"])
        }
        try await server.stop()
    }

    @Test func aStopDoesNotWaitForever() async throws {
        let store = RemoteStore()
        let server = try await TestServer(through: store)
        let requests = String(repeating: "lrc_exists|a|0|", count: 50)
        let clients = try await blocking { try Self.occupy(server, store, requests) }
        try await blocking { try server.awaitLookups { $0 == 50 } }
        await server.beginStop()
        for client in clients { #expect(try await blocking { try client.receiveUntilClosed() } == "") }
        // For those who were closed nobody sets out any more.
        try await blocking { try server.awaitLookups { $0 == 0 } }
        store.journeys.open()
        try await server.stop()
        #expect(store.journeys.catalog.map(\.count) == [1, 1])
    }

    // MARK: Roles

    @Test(arguments: [false, true])
    func rolesAreGatheredEachByItsStore(isCatalogRemote: Bool) async throws {
        let store = isCatalogRemote ? RemoteStore() : nil
        let way = Journeys()
        try await withServer(
            through: store, index: isCatalogRemote ? .inPlace : .remote(way)
        ) { server in
            let client = try server.client()
            let journeys = isCatalogRemote ? store?.journeys : way
            #expect(try client.exchange("lrc_create|a|p|rli_update|rls://c|Aa|Ab||", "0|0|"))
            let requests =
                "rli_get_lrc|a|0|0|lrc_get_pfn|a|0|0|rli_exists|b|2|lrc_exists|b|0|rli_mapping_exists|a|rls://c|"
                + "rli_get_lrc_bulk|a|c|b||rli_exists_bulk|2|a|c||"
            let replies = "0|a|rls://c||0|a|p||0|12|b,0|0|0|0|a|rls://c|12|c|0|b|rls://c||0|0|a|12|c||"
            for _ in 0..<20 { #expect(try client.exchange(requests, replies)) }
            #expect(journeys?.lone == 0)
            #expect(journeys?.catalog.isEmpty == !isCatalogRemote)
            #expect(journeys?.index.isEmpty == isCatalogRemote)
        }
    }

    /// What waits for one of two databases does not hold up what the other can answer.
    @Test func oneRoleDoesNotWaitForTheOther() async throws {
        let store = RemoteStore()
        let way = Journeys()
        try await withServer(through: store, index: .remote(way)) { server in
            let (client, other) = (try server.client(), try server.client())
            #expect(try client.exchange("lrc_create|a|p|rli_update|rls://c|Aa||", "0|0|"))
            store.journeys.close()
            try client.send(String(repeating: "lrc_exists|a|0|", count: 10) + "rli_exists|a|2|")
            store.journeys.waitForOne()
            #expect(try other.exchange("rli_get_lrc|a|0|0|", "0|a|rls://c||"))
            store.journeys.open()
            let replies = String(repeating: "0|", count: 11)
            #expect(try client.receive(replies) == replies)
        }
    }
}
