import Foundation
import NIOCore
import RLSClient
import RLSCore
import RLSTestSupport
import RLSWire
import Testing

/// Servers that die, stall and come back: nothing acknowledged is missing after the next update, nothing stale stays.
@Suite(.serialized) struct SoftStateFaultTests {
    @Test(arguments: [false, true])
    func anIndexComesBackWithWhatItHad(filter: Bool) async throws {
        let catalog = try await Site.catalog()
        let index = try await Site.index()
        try await catalog.create(["a", "b"])
        try await catalog.add(index, filter: filter)
        #expect(try await index.finds("a", at: catalog.url))
        if filter {
            let files = index.directory.file("rli.db.filters")
            // Before it is complete it has another name.
            #expect(
                try await eventually {
                    try FileManager.default.contentsOfDirectory(atPath: files).contains { $0.hasSuffix(".filter") }
                })
        }
        // Nobody is there to tell it again.
        await catalog.kill()
        await index.kill()
        try await index.restart()
        #expect(try await index.locations("a") == "0|a|\(catalog.url)||")
        // And the catalog goes on from where the index is.
        try await catalog.restart()
        try await catalog.create(["c"])
        #expect(try await index.finds("c", at: catalog.url))
        #expect(try await catalog.ask("lrc_delete|a|p|") == "0|")
        #expect(try await index.loses("a"))
    }

    @Test(arguments: [false, true])
    func anIndexComesBackEmpty(filter: Bool) async throws {
        let catalog = try await Site.catalog()
        let index = try await Site.index()
        try await catalog.create(["a"])
        try await catalog.add(index, filter: filter)
        #expect(try await index.finds("a", at: catalog.url))
        await index.kill()
        try await catalog.create(["b"])
        for name in try FileManager.default.contentsOfDirectory(atPath: index.directory.path)
        where name.hasPrefix("rli") {
            try FileManager.default.removeItem(atPath: index.directory.file(name))
        }
        try await index.restart()
        #expect(try await index.finds("b", at: catalog.url))
        #expect(try await index.missing(["a", "b"]) == 0)
    }

    /// The first list is complete or does not show at all.
    @Test func aCatalogDiesInAnUpdate() async throws {
        let catalog = try await Site.catalog()
        let index = try await Site.index()
        let names = (0..<60_000).map { "name\($0)" }
        for part in 0..<6 { try await catalog.create(Array(names[part * 10_000..<(part + 1) * 10_000])) }
        try await catalog.add(index)
        #expect(
            try await eventually { try await index.ask("stats|").split(separator: "|").last != "0" })
        await catalog.kill()
        let shown = try await index.ask("rli_get_lrc_wc|%|0|1|")
        let missing = try await index.missing(names)
        #expect(shown == "12|%|" || missing == 0)
        try await catalog.restart()
        #expect(try await eventually { try await index.missing(names) == 0 })
    }

    /// A request that breaks off at any byte leaves no trace.
    @Test(arguments: [
        "rli_update|rls://cut:1|Aa|Ab||", "rli_updatebf|rls://cut:1|32|3|900|abcd!",
        "rli_filter|rls://cut:1|i||300|1|64|3|1|e|1|8|12345678", "rli_list_begin|rls://cut:1|i||300|",
        "rli_filter_delta|rls://cut:1|i||300|1|e|1|2|1|\u{1}",
    ])
    func updatesCutAtEveryByte(request: String) async throws {
        let index = try await Site.index()
        let port = index.server.port
        try await blocking {
            for length in 0..<request.utf8.count {
                let client = try RawClient(port: port)
                _ = try client.receive("0|")
                try client.send(String(request.prefix(length)))
            }
        }
        #expect(try await index.ask("rli_sender_list|") == "16|Not updated by any LRC servers|")
        #expect(try await index.ask("rli_get_lrc|a|0|0|") == "12|a|")
    }

    /// An index server that takes nothing, and one that is not there: the catalog serves on, and so does the third.
    @Test func deafIndexServers() async throws {
        let deaf = try FakeServer([])
        let catalog = try await Site.catalog(Site.quick + ["timeout 1"])
        let index = try await Site.index()
        #expect(try await catalog.ask("lrc_rli_add|\(deaf.url)|0||") == "0|")
        #expect(try await catalog.ask("lrc_rli_add|rlsn://127.0.0.1:1|1||") == "0|")
        try await catalog.add(index)
        let names = (0..<5_000).map { "n\($0)" }
        for part in names.parts(of: 100) { try await catalog.create(part) }
        #expect(try await eventually { try await index.missing(names) == 0 })
        #expect(
            try await eventually {
                let status = try await catalog.ask("rls_soft_state|")
                return status.contains("no answer within 1.0 seconds") && status.contains("Connection refused")
            })
        let (status, seconds) = await catalog.server.stop()
        #expect(status == 0 && seconds < Patience.seconds(6))
    }

    /// The catalog goes back in time, and the index with it.
    @Test(arguments: [false, true])
    func aRestoredBackup(filter: Bool) async throws {
        let catalog = try await Site.catalog(backend: .sqlite)
        let index = try await Site.index()
        try await catalog.create(["old"])
        _ = await catalog.server.stop()
        let backup = try Data(contentsOf: URL(fileURLWithPath: catalog.directory.file("lrc.db")))
        try await catalog.restart()
        try await catalog.add(index, filter: filter)
        try await catalog.create(["new"])
        #expect(try await index.finds("new", at: catalog.url))
        await catalog.kill()
        for name in try FileManager.default.contentsOfDirectory(atPath: catalog.directory.path)
        where name.hasPrefix("lrc.db") {
            try FileManager.default.removeItem(atPath: catalog.directory.file(name))
        }
        try backup.write(to: URL(fileURLWithPath: catalog.directory.file("lrc.db")))
        try await catalog.restart()
        // The list of index servers is as old as the rest.
        try await catalog.add(index, filter: filter)
        #expect(try await index.loses("new"))
        #expect(try await index.finds("old", at: catalog.url))
    }

    @Test(arguments: [false, true])
    func patterns(filter: Bool) async throws {
        let catalog = try await Site.catalog()
        let (none, some) = (try await Site.index(), try await Site.index())
        try await catalog.create(["H-1", "L-1"])
        try await catalog.add(none, filter: filter, pattern: "zzz*")
        try await catalog.add(some, filter: filter, pattern: "[H]-*")
        #expect(try await some.finds("H-1", at: catalog.url))
        #expect(try await eventually { try await none.ask("rli_sender_list|").hasPrefix("0|\(catalog.url)|") })
        for name in ["H-1", "L-1"] { #expect(try await none.locations(name) == "12|\(name)|") }
        #expect(try await some.locations("L-1") == "12|L-1|")
        try await catalog.create(["H-2", "L-2"])
        #expect(try await some.finds("H-2", at: catalog.url))
        #expect(try await some.locations("L-2") == "12|L-2|")
    }

    /// What was committed before immediate mode was switched on is told, too.
    @Test(arguments: [false, true])
    func immediateModeSwitchedOn(filter: Bool) async throws {
        let catalog = try await Site.catalog(["update_buftime_ms 20"])
        let index = try await Site.index()
        try await catalog.create(["a"])
        try await catalog.add(index, filter: filter)
        #expect(try await index.finds("a", at: catalog.url))
        try await catalog.create(["b"])
        #expect(try await index.locations("b") == "12|b|")
        #expect(try await catalog.ask("set_configuration|update_immediate|true|") == "0|")
        try await catalog.create(["c"])
        #expect(try await index.finds("c", at: catalog.url))
        #expect(try await index.finds("b", at: catalog.url))
    }

    /// An index that keeps nothing comes back, and nobody changes anything: the catalog has seen it go.
    @Test func anIndexThatForgetsIsToldAgain() async throws {
        let catalog = try await Site.catalog()
        let index = try await Site(["lrc_server false", "rli_server true", "rli_bloomfilter true"])
        try await catalog.create(["a"])
        try await catalog.add(index, filter: true)
        #expect(try await index.finds("a", at: catalog.url))
        await index.kill()
        try await index.restart()
        #expect(try await index.finds("a", at: catalog.url))
    }

    @Test func aThousandCatalogs() async throws {
        let index = try await Site.index()
        let address = index.server.address
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<40 {
                group.addTask {
                    let connection = try await RLSConnection.connect(to: address)
                    for number in (worker * 25)..<(worker * 25 + 25) {
                        // All bits set: it takes every name for its own.
                        let update = FilterUpdateArguments(
                            sender: "rls://lrc\(number).example.org:39281", bits: 1_000, hashes: 3, interval: 3_600,
                            filter: ByteBuffer(repeating: 0xff, count: 126))
                        _ = try await connection.call(Methods.filterUpdate, update)
                    }
                    await connection.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(try await index.ask("stats|").split(separator: "|")[10...11].joined(separator: ",") == "1000,1000")
        let found = try await index.locations("x").split(separator: "|").filter { $0.hasPrefix("rls://") }
        #expect(Set(found).count == 1_000)
    }

    /// Names are created while the index is killed again and again: at the end it knows all of them.
    @Test(arguments: [false, true])
    func killedAtRandom(filter: Bool) async throws {
        let catalog = try await Site.catalog()
        let index = try await Site.index()
        try await catalog.add(index, filter: filter)
        var generator = SeededGenerator(seed: filter ? 1 : 2)
        var names: [String] = []
        for round in 0..<5 {
            for part in 0..<Int.random(in: 1...40, using: &generator) {
                let some = (0..<20).map { "r\(round)-\(part)-\($0)" }
                try await catalog.create(some)
                names += some
            }
            await index.kill()
            try await catalog.create(["between\(round)"])
            names.append("between\(round)")
            try await index.restart()
        }
        #expect(try await eventually { try await index.missing(names) == 0 })
    }
}

extension Array {
    fileprivate func parts(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
