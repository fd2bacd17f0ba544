import Foundation
import RLSTestSupport
import Testing

/// Two index servers on one database.
@Suite(.serialized) struct SharedIndexServersTests {
    @Test(.timeLimit(.minutes(10)))
    func whatOneIsToldTheOtherAnswers() async throws {
        let database = try await PostgreSQLServer.shared.freshDatabase()
        let lines = Site.quick + ["rli_db_url \(database)"]
        let (first, second) = (try await Site.index(lines), try await Site.index(lines))
        let catalog = try await Site.catalog()
        try await catalog.create((0..<500).map { "a\($0)" })
        try await catalog.add(first)
        for site in [first, second] {
            #expect(try await site.finds("a7", at: catalog.url))
            #expect(try await site.missing((0..<500).map { "a\($0)" }) == 0)
            #expect(try await site.ask("rli_get_lrc_wc|a49_|0|0|").components(separatedBy: catalog.url).count == 11)
        }
        // Changes, too.
        try await catalog.create(["b"])
        #expect(try await catalog.ask("lrc_delete|a7|p|") == "0|")
        for site in [first, second] {
            #expect(try await site.finds("b", at: catalog.url))
            #expect(try await site.loses("a7"))
        }
        await first.kill()
        try await catalog.add(second)
        try await catalog.create(["c"])
        #expect(try await second.finds("c", at: catalog.url))
        try await first.restart()
        #expect(try await first.missing((10..<500).map { "a\($0)" } + ["b", "c"]) == 0)
        #expect(try await first.loses("a7"))
    }
}
