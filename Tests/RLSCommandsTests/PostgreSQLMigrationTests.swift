import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSCommands
@testable import RLSStoragePostgreSQL

@Suite struct PostgreSQLMigrationTests {
    private let bench: MigrationBench

    init() throws { bench = try MigrationBench() }

    @Test func thereAndBack() async throws {
        let database = try await PostgreSQLServer.shared.freshDatabase()
        try await bench.fill("from", FullCatalog.changes)
        let there = try await migrate(bench.url("from"), database)
        #expect(there.isGood && there.copied?.added == 2 * OddNames.all.count)
        let back = try await migrate(database, bench.url("to"))
        #expect(back.isGood && !back.isFromOriginal)
        #expect(try bench.contents("to") == bench.contents("from"))
        #expect(try await migrate(bench.url("from"), database).copied?.added == 0)
        #expect(try await migrate(database, bench.url("to"), .init(merges: true, onlyVerifies: true)).isGood)
    }

    @Test func aCopyGoesOn() async throws {
        let database = try await PostgreSQLServer.shared.freshDatabase()
        let all = (0..<20_000).map { Change.ensure(Mapping(lfn: "lfn\(100_000 + $0)", pfn: "pfn\($0)")) }
        try await bench.fill("part", Array(all[..<18_000]))
        try await bench.fill("from", all)
        #expect(try await migrate(bench.url("part"), database).isGood)
        let report = try await migrate(bench.url("from"), database)
        #expect(report.isGood && report.copied?.added == 2_000)
    }

    @Test func anEmptyDatabaseStaysEmpty() async throws {
        let database = try await PostgreSQLServer.shared.freshDatabase()
        for options in [Migration.Options(), .init(onlyVerifies: true)] {
            let error = try await #require(throws: MigrationError.self) {
                try await migrate(database, bench.url("to"), options)
            }
            #expect(error.description.contains("there is no catalog"))
        }
        let schemas = try PostgreSQLShell(database).run("SELECT 1 FROM pg_namespace WHERE nspname = 'lrc'")
        #expect(schemas?.count == 0)
    }

    @Test func passwordsAreNotShown() async throws {
        let secret = "geheim"
        for url in [
            "postgresql://u:\(secret)@127.0.0.1:1/db", "postgresql:///db?host=/nowhere&user=u&password=\(secret)",
            "postgresql://u:\(secret)@127.0.0.1:x/db",
        ] {
            do {
                _ = try await migrate(url, bench.url("to"))
                Issue.record("\(url) cannot be there")
            } catch { #expect(!"\(error)".contains(secret)) }
        }
    }
}

/// Tables of the original in PostgreSQL.
@Suite struct PostgreSQLOriginalTests {
    private let bench: MigrationBench

    init() throws { bench = try MigrationBench() }

    /// A database with the original's tables, whose text has that encoding.
    private func original(_ encoding: String = "UTF8") async throws -> (url: String, shell: PostgreSQLShell) {
        let plain = try await PostgreSQLServer.shared.freshDatabase()
        let name = try #require(plain.firstMatch(of: /\/([^\/?]+)(\?|$)/)?.1)
        try PostgreSQLShell(plain).run(
            "CREATE DATABASE \(name)_o ENCODING '\(encoding)' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        let url = plain.replacing("/\(name)", with: "/\(name)_o")
        let shell = try PostgreSQLShell(url)
        for statement in OriginalSchema.tables { try shell.run(statement) }
        return (url, shell)
    }

    @Test func everyTypeOnBothKinds() async throws {
        let (url, shell) = try await original()
        try shell.run(
            #"INSERT INTO t_lfn VALUES (1, 'it''s "\ é', 1), (2, 'b', 1)"#, "INSERT INTO t_pfn VALUES (1, 'p', 2)",
            "INSERT INTO t_map VALUES (1, 1), (2, 1), (3, 1)",
            """
            INSERT INTO t_attribute VALUES (1, 'when', 0, 0), (2, 'w', 0, 1), (3, 'size', 0, 2), (4, 'note', 0, 3),
                (5, 'when', 1, 0), (6, 'w', 1, 1), (7, 'size', 1, 2), (8, 'note', 1, 3)
            """,
            "INSERT INTO t_date_attr VALUES (1, 1, '2002-08-29 10:11:12.9'), (1, 5, '0001-01-01'), (2, 1, 'infinity')",
            "INSERT INTO t_flt_attr VALUES (1, 2, 0.1), (1, 6, -1e-300), (2, 2, 'nan')",
            "INSERT INTO t_int_attr VALUES (1, 3, -2147483648), (1, 7, 42)",
            #"INSERT INTO t_str_attr VALUES (1, 4, 'back\slash'), (1, 8, ''), (9, 4, 'nobody''s')"#,
            "INSERT INTO t_rli VALUES (1, 1, 'rls://all'), (2, 0, 'rls://some')",
            "INSERT INTO t_rlipartition VALUES (2, 'b*'), (2, 'a*')", "SET DateStyle TO 'German'")
        let report = try await migrate(url, bench.url("to"))
        #expect(report.isFromOriginal && report.verification?.isEqual == true)
        #expect(report.skipped.count == 2 && report.skipped.orphans == 2)
        let found = try bench.contents("to")
        #expect(found.mappings == [Mapping(lfn: "b", pfn: "p"), Mapping(lfn: "it's \"\\ é", pfn: "p")])
        func value(_ kind: NameKind, _ name: ByteString, _ value: AttributeValue) -> ObjectValue {
            ObjectValue(kind: kind, key: kind == .lfn ? "it's \"\\ é" : "p", name: name, value: value)
        }
        #expect(
            found.values == [
                value(.lfn, "when", .date(try #require(CatalogDate("20020829101112")))),
                value(.pfn, "when", .date(try #require(CatalogDate("00010101000000")))),
                value(.lfn, "w", .float(0.1)), value(.pfn, "w", .float(-1e-300)),
                value(.lfn, "size", .int(-2_147_483_648)), value(.pfn, "size", .int(42)),
                value(.lfn, "note", .string("back\\slash")), value(.pfn, "note", .string("")),
            ])
        #expect(
            found.rlis == [
                RLIRecord(url: "rls://some", flags: 0, lastUpdate: 0, patterns: ["a*", "b*"]),
                RLIRecord(url: "rls://all", flags: 1, lastUpdate: 0, patterns: []),
            ])
    }

    /// The bytes that are stored, whatever clients of the database would be sent.
    @Test(arguments: [("LATIN1", "LATIN1"), ("SQL_ASCII", "SQL_ASCII"), ("EUC_JP", "EUC_JP")])
    func bytesAsTheyAreStored(encoding: String, client: String) async throws {
        let (url, shell) = try await original(encoding)
        let bytes = encoding == "EUC_JP" ? "c6fc5c27" : "e95c27"
        try shell.run(
            "INSERT INTO t_lfn VALUES (1, convert_from('\\x\(bytes)'::bytea, '\(encoding)'), 1)",
            "INSERT INTO t_pfn VALUES (1, 'p', 1)", "INSERT INTO t_map VALUES (1, 1)")
        #expect(try await migrate(url, bench.url("to")).isGood)
        let stored: [UInt8] = encoding == "EUC_JP" ? [0xc6, 0xfc, 0x5c, 0x27] : [0xe9, 0x5c, 0x27]
        #expect(try bench.contents("to").mappings == [Mapping(lfn: ByteString(stored), pfn: "p")])
    }

    /// The new tables beside the old ones; and a copy that goes on.
    @Test func inTheSameDatabase() async throws {
        let (url, shell) = try await original()
        for statement in OriginalSchema.numbers(40_000).split(separator: ";").dropLast(0) where statement.count > 3 {
            try shell.run(String(statement))
        }
        let report = try await migrate(url, url)
        #expect(report.isGood && report.isFromOriginal && report.copied?.added == 40_049)
        let again = try await migrate(url, url)
        #expect(again.isGood && again.copied?.added == 0 && again.copied?.isContinued == true)
        #expect((again.copied?.mappings ?? 0) < 30_100)
        #expect(try await migrate(url, bench.url("to")).isFromOriginal == false)
    }

    /// Pages go by the index, from any place.
    @Test func pagesDoNotReadTheWholeTable() async throws {
        let (_, shell) = try await original()
        for statement in OriginalSchema.numbers(5_000).split(separator: ";") where statement.count > 3 {
            try shell.run(String(statement))
        }
        let plain = OriginalSQL.mappings.replacing("$1", with: "9000").replacing("$2", with: "1")
            .replacing("$3", with: "2000")
        let plan = try #require(try shell.run("EXPLAIN " + plain))
        let text = (0..<plan.count).map { plan.bytes($0, 0).description }.joined(separator: "\n")
        #expect(text.contains("t_map_pkey") && !text.contains("Seq Scan"), "\(text)")
    }
}
