import Foundation
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSCommands
@testable import RLSStorageSQLite

/// Catalogs of the original in SQLite files.
@Suite struct OriginalMigrationTests {
    private let bench: MigrationBench

    init() throws { bench = try MigrationBench() }

    @Test func everythingIsCopied() async throws {
        _ = try bench.original(
            "from",
            """
            INSERT INTO t_lfn VALUES (1, 'it''s "\\', 1), (5, CAST(x'fffe' AS TEXT), 2), (9, x'c3a9', 1);
            INSERT INTO t_pfn VALUES (2, 'p1', 2), (3, CAST(x'ff' AS TEXT), 1);
            INSERT INTO t_map VALUES (1, 2), (5, 2), (5, 3), (9, 3);
            INSERT INTO t_attribute VALUES (1, 'when', 0, 0), (2, 'w', 0, 1), (3, 'size', 0, 2), (4, 'note', 0, 3),
                (5, 'when', 1, 0), (6, 'w', 1, 1), (7, 'size', 1, 2), (8, 'note', 1, 3), (9, 'unused', 1, 3);
            INSERT INTO t_date_attr VALUES (1, 1, '2002-08-29 10:11:12'), (2, 5, 1030615872);
            INSERT INTO t_flt_attr VALUES (1, 2, 0.1), (2, 6, 3);
            INSERT INTO t_int_attr VALUES (1, 3, -9223372036854775808), (2, 7, 42);
            INSERT INTO t_str_attr VALUES (5, 4, CAST(x'ff27' AS TEXT)), (2, 8, '');
            INSERT INTO t_rli VALUES (1, 1, 'rls://all'), (2, 0, 'rls://some');
            INSERT INTO t_rlipartition VALUES (2, 'b*'), (2, 'a*');
            """)
        let report = try await bench.migrate()
        #expect(report.isGood && report.isFromOriginal && report.skipped == Skipped())
        let found = try bench.contents("to")
        let (broken, accent): (ByteString, ByteString) = (ByteString([0xff, 0xfe]), ByteString([0xc3, 0xa9]))
        #expect(
            Set(found.mappings) == [
                Mapping(lfn: "it's \"\\", pfn: "p1"), Mapping(lfn: broken, pfn: "p1"),
                Mapping(lfn: broken, pfn: ByteString([0xff])), Mapping(lfn: accent, pfn: ByteString([0xff])),
            ])
        let date = try #require(CatalogDate("2002-08-29 10:11:12"))
        func value(_ kind: NameKind, _ key: ByteString, _ name: ByteString, _ value: AttributeValue) -> ObjectValue {
            ObjectValue(kind: kind, key: key, name: name, value: value)
        }
        #expect(
            found.values == [
                value(.lfn, "it's \"\\", "when", .date(date)), value(.pfn, "p1", "when", .date(date)),
                value(.lfn, "it's \"\\", "w", .float(0.1)), value(.pfn, "p1", "w", .float(3)),
                value(.lfn, "it's \"\\", "size", .int(.min)), value(.pfn, "p1", "size", .int(42)),
                value(.lfn, broken, "note", .string(ByteString([0xff, 0x27]))), value(.pfn, "p1", "note", .string("")),
            ])
        #expect(found.definitions.count == 9)
        #expect(
            found.rlis == [
                RLIRecord(url: "rls://some", flags: 0, lastUpdate: 0, patterns: ["a*", "b*"]),
                RLIRecord(url: "rls://all", flags: 1, lastUpdate: 0, patterns: []),
            ])
        #expect(try await bench.migrate().isGood)
        #expect(try await bench.migrate(.init(merges: true)).isGood)
    }

    /// Everything else is copied; what could not be is told.
    @Test func whatCannotBeTakenIsListed() async throws {
        _ = try bench.original(
            "from",
            """
            INSERT INTO t_lfn VALUES (1, 'good', 1), (2, '', 1), (3, x'6100', 1), (4, NULL, 1);
            INSERT INTO t_lfn VALUES (5, CAST(zeroblob(0) AS TEXT) || hex(zeroblob(2500)), 1), (6, 'unmapped', 0);
            INSERT INTO t_pfn VALUES (1, 'p', 1);
            INSERT INTO t_map VALUES (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (77, 1);
            INSERT INTO t_attribute VALUES (1, 'when', 0, 0), (2, 'odd', 5, 0), (3, 'size', 0, 2);
            INSERT INTO t_date_attr VALUES (1, 1, 'soon'), (6, 1, '2002-08-29 10:11:12'), (99, 1, '2002-08-29 10:11:12');
            INSERT INTO t_int_attr VALUES (1, 3, 7);
            """)
        let report = try await bench.migrate()
        #expect(report.verification?.isEqual == true && !report.isGood)
        #expect(report.copied?.mappings == 1 && report.copied?.values == 1)
        // Two mappings without a name, values of a name without mapping and of none.
        #expect(report.skipped.orphans == 4)
        #expect(report.skipped.count == 5)
        let text = report.skipped.examples.joined(separator: "\n")
        #expect(text.contains("5000 bytes") && text.contains("empty name") && text.contains("NUL"))
        #expect(text.contains("value of \"when\" of \"good\": no date") && text.contains("object type 5"))
        #expect(try bench.contents("to").counts == CatalogCounts(lfns: 1, pfns: 1, mappings: 1))
    }

    @Test func oldTablesWithoutAttributes() async throws {
        let connection = try bench.original("from", OriginalSchema.numbers(60))
        for table in [
            "t_attribute", "t_rli", "t_rlipartition", "t_str_attr", "t_int_attr", "t_flt_attr", "t_date_attr",
        ] {
            try connection.execute("DROP TABLE \(table)")
        }
        let report = try await bench.migrate()
        #expect(report.isGood && report.copied?.mappings == 109)
    }

    @Test func theSourceStaysAsItIs() async throws {
        _ = try bench.original("from", OriginalSchema.numbers(1_000))
        let path = bench.directory.file("from")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try await bench.migrate().isGood)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        let files = try FileManager.default.contentsOfDirectory(atPath: bench.directory.path)
        #expect(files.filter { $0.hasPrefix("from") } == ["from"])
    }

    /// A copy of the first so many rows, without those given; then the rest.
    private func goesOn(after count: Int, without gap: Range<Int> = 0..<0) async throws -> MigrationReport {
        _ = try bench.original("from", OriginalSchema.numbers(30_000))
        let source = OriginalSource(try SQLiteOriginalTables(path: bench.directory.file("from")))
        var (all, skipped): ([Mapping], Skipped) = ([], Skipped())
        try source.mappings(from: .beginning, &skipped) { page in
            all += page
            return .next
        }
        let part = all.indices.filter { $0 < count && !gap.contains($0) }.map { Change.ensure(all[$0]) }
        try await bench.fill("to", part)
        return try await bench.migrate()
    }

    @Test(arguments: [0, 1, 30, 60, 5_999, 6_000, 7_000, 25_000, 30_048, 30_049])
    func aCopyGoesOnShortBeforeItsEnd(count: Int) async throws {
        let report = try await goesOn(after: count)
        #expect(report.isGood)
        #expect(report.copied?.added == 30_049 - count)
        #expect((report.copied?.mappings ?? 0) <= 30_049 - count + 6_000 + 50)
    }

    @Test func gapsBeforeTheEndAreFilled() async throws {
        let report = try await goesOn(after: 28_000, without: 23_000..<26_000)
        #expect(report.isGood && report.copied?.added == 5_049)
    }

    @Test func somethingElseIsRefused() async throws {
        _ = try bench.original("from", OriginalSchema.numbers(100))
        try await bench.fill("to", [.create(Mapping(lfn: "other", pfn: "p"))])
        let error = try await #require(throws: MigrationError.self) { try await bench.migrate() }
        #expect(error.description.contains("--merge"))
        #expect(try await bench.migrate(.init(merges: true)).isGood)
    }

    @Test func noTargetAndNoIndex() async throws {
        _ = try bench.original("to", OriginalSchema.numbers(1))
        try await bench.fill("from", [])
        let refusal = try await #require(throws: MigrationError.self) { try await bench.migrate() }
        #expect(refusal.description.contains("new file"))
        let index = try SQLiteConnection(
            path: bench.directory.file("index"), access: .create, busyTimeout: 0, cacheKiB: 100)
        try index.execute("CREATE TABLE t_lfn (id); CREATE TABLE t_lrc (id); CREATE TABLE t_map (lfn_id, lrc_id)")
        let error = try await #require(throws: MigrationError.self) {
            try await RLSCommandsTests.migrate(bench.url("index"), bench.url("new"))
        }
        #expect(error.description.contains("an index of the original"))
    }
}
