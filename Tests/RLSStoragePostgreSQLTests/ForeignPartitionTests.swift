import Foundation
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStoragePostgreSQL

/// A catalog of which two partitions of four are on other servers, moved there with what they held.
@Suite struct ForeignPartitionTests {
    private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../schema/postgresql").standardized.path

    private func distribute(_ url: String) async throws -> [PostgreSQLServer] {
        var servers: [PostgreSQLServer] = []
        for part in [1, 3] {
            let server = try await PostgreSQLServer(settings: ["fsync = off"])
            let place = ["part=\(part)", "host=\(server.host)", "port=5432", "dbname=postgres", "user=rls"]
            try await PostgreSQLServer.script(
                Self.scripts + "/receive-partition.sql", place, at: server.url(of: "postgres"))
            try await PostgreSQLServer.script(Self.scripts + "/move-partition.sql", place, at: url)
            servers.append(server)
        }
        return servers
    }

    @Test(.timeLimit(.minutes(15))) func contractHoldsOnThree() async throws {
        let database = try await TestDatabase()
        let before = (0..<100).map { Mapping(lfn: "before\($0)", pfn: "p\($0)") }
        let first = try database.open()
        _ = try await StoreProbe(first).apply(before.map { .create($0) })
        first.shutdown()
        let others = try await distribute(database.url)
        let moved = try await others[0].sql("SELECT count(*) FROM lrc.mapping_1", in: "postgres")
        #expect(try #require(Int(moved)) > 5)
        let store = try database.open()
        defer { store.shutdown() }
        let probe = StoreProbe(store)
        #expect(try probe.walk(by: .lfn, prefix: "", order: .ascending, step: 7).count == 100)
        let reader = store.makeReader()
        try reader.prefetch(before.map { .partners(.lfn, $0.lfn) } + [.partners(.lfn, "none")])
        // From what was fetched: by now the catalog has nothing.
        #expect(try await probe.apply(.clear) == nil)
        for mapping in before { #expect(try reader.partners(of: .lfn, mapping.lfn) == [mapping.pfn]) }
        #expect(try reader.partners(of: .lfn, "none").isEmpty)
        for name in [
            "mappings", "odd names", "renames", "walks", "values go with their names", "agrees with the model",
        ] {
            #expect(try await probe.apply(.clear) == nil)
            for kind in NameKind.allCases {
                for definition in try store.makeReader().attributeDefinitions(kind) {
                    _ = try await probe.apply(.undefineAttribute(kind, name: definition.name, clearsValues: true))
                }
            }
            let check = try #require(CatalogStoreContract.all.first { $0.name == name }?.check)
            try await check(probe)
        }
    }
}
