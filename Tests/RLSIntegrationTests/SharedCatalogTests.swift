import RLSClient
import RLSCore
import RLSTestSupport
import Testing

/// Two servers on one database, and an index that is told by one of them.
@Suite(.serialized) struct SharedCatalogTests {
    @Test(.timeLimit(.minutes(10)), arguments: [false, true])
    func oneOfTwoServersTellsTheIndex(filter: Bool) async throws {
        let database = try await PostgreSQLServer.shared.freshDatabase()
        // One name for both, as behind one alias of the name service.
        let lines = Site.quick + ["lrc_db_url \(database)", "myurl rlsn://shared.example.org:39281"]
        let (first, second) = (try await Site.catalog(lines), try await Site.catalog(lines))
        let index = try await Site.index()
        let url = "rlsn://shared.example.org:39281"
        try await first.create((0..<500).map { "a\($0)" })
        try await second.add(index, filter: filter)
        #expect(try await index.finds("a7", at: url))
        // Changes by either are told.
        for number in 0..<20 { try await (number % 2 == 0 ? first : second).create(["b\(number)"]) }
        #expect(try await eventually { try await index.missing((0..<20).map { "b\($0)" }) == 0 })
        #expect(try await second.ask("lrc_delete|a7|p|") == "0|")
        #expect(try await index.loses("a7"))
        // Exactly one sends.
        let senders = try await [first, second].asyncMap { site in try await site.isOnDuty() }
        #expect(senders.filter { $0 }.count == 1)
        let (dead, alive) = senders[0] ? (first, second) : (second, first)
        await dead.kill()
        try await alive.create(["c"])
        let taken = ContinuousClock.now
        #expect(try await eventually(seconds: 40) { try await index.locations("c") == "0|c|\(url)||" })
        #expect(ContinuousClock.now - taken < .seconds(Patience.seconds(30)))
        #expect(try await index.missing((0..<20).map { "b\($0)" } + ["a1", "c"]) == 0)
        #expect(try await alive.isOnDuty())
    }

    /// Everybody creates the same names: each is won once, and all agree on the winner.
    @Test func racesHaveOneWinner() async throws {
        let database = try await PostgreSQLServer.shared.freshDatabase()
        let sites = [
            try await Site.catalog(["lrc_db_url \(database)"]), try await Site.catalog(["lrc_db_url \(database)"]),
        ]
        let wins = try await withThrowingTaskGroup(of: Int.self) { group in
            for (number, server) in sites.map(\.server).enumerated() {
                group.addTask {
                    let client = try await server.connect()
                    var wins = 0
                    for name in 0..<200 {
                        do {
                            try await client.create(Mapping(lfn: "n\(name)", pfn: "server\(number)"))
                            wins += 1
                        } catch let error as CatalogError { #expect(error.code == .lfnExists) }
                    }
                    return wins
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(wins == 200)
        let clients = [try await sites[0].server.connect(), try await sites[1].server.connect()]
        for name in 0..<200 {
            let targets = try await clients[0].mappings(of: .lfn, "n\(name)").map(\.pfn)
            #expect(targets.count == 1)
            #expect(try await clients[1].mappings(of: .lfn, "n\(name)").map(\.pfn) == targets)
        }
    }
}

extension Site {
    /// Whether it updates index servers.
    fileprivate func isOnDuty() async throws -> Bool {
        let outcome = try await server.admin("status", "--json")
        return outcome.output.contains("rlsn://127.0.0.1")
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
