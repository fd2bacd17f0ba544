import Foundation
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSCommands
@testable import RLSStorageSQLite

/// Catalogs of ours in SQLite files.
@Suite struct MigrationTests {
    private let bench: MigrationBench

    init() throws { bench = try MigrationBench() }

    private func mappings(_ count: Int) -> [Change] {
        (0..<count).map { .ensure(Mapping(lfn: "lfn\(100_000 + $0)", pfn: "pfn\($0 % 1_000)")) }
    }

    // MARK: Copying

    @Test func everythingIsCopied() async throws {
        try await bench.fill("from", FullCatalog.changes)
        let report = try await bench.migrate()
        #expect(report.isGood)
        #expect(report.copied?.mappings == 2 * OddNames.all.count)
        #expect(report.copied?.values == 16)
        #expect(try bench.contents("to") == bench.contents("from"))
        // Once more, and the other way round.
        let again = try await bench.migrate()
        #expect(again.isGood && again.copied?.added == 0)
        let back = try await RLSCommandsTests.migrate(bench.url("to"), bench.url("third"))
        #expect(back.isGood)
        #expect(try bench.contents("third") == bench.contents("from"))
    }

    @Test func anEmptyCatalogToo() async throws {
        try await bench.fill("from", [])
        #expect(try await bench.migrate().isGood)
        #expect(try await bench.migrate().isGood)
    }

    /// Neither the file nor anything beside it.
    @Test func theSourceStaysAsItIs() async throws {
        try await bench.fill("from", FullCatalog.changes)
        let path = bench.directory.file("from")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try await bench.migrate().isGood)
        #expect(try await bench.migrate(.init(onlyVerifies: true)).isGood)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        let files = try FileManager.default.contentsOfDirectory(atPath: bench.directory.path)
        #expect(files.filter { $0.hasPrefix("from") }.sorted() == ["from", "from.lock"])
    }

    /// A server that was killed leaves changes in the log.
    @Test func theLogIsReadToo() async throws {
        let store = try bench.store("live")
        defer { store.shutdown() }
        _ = try await StoreProbe(store).apply(mappings(100))
        for end in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: bench.directory.file("live" + end), toPath: bench.directory.file("from" + end))
        }
        #expect(try await bench.migrate().copied?.mappings == 100)
        #expect(try bench.contents("to").counts.mappings == 100)
    }

    // MARK: Going on

    /// As an interrupted copy leaves it, with what was on its way missing before the end.
    @Test func aCopyGoesOnShortBeforeItsEnd() async throws {
        let all = mappings(30_000)
        try await bench.fill("from", all)
        try await bench.fill("to", Array(all[..<22_000] + all[23_000..<25_000]))
        let report = try await bench.migrate()
        #expect(report.isGood)
        #expect(report.copied?.isContinued == true)
        #expect(report.copied?.added == 6_000)
        #expect((10_000..<14_000).contains(report.copied?.mappings ?? 0))
    }

    @Test func whatIsMissingFurtherBackIsFoundAndMended() async throws {
        let all = mappings(30_000)
        try await bench.fill("from", all)
        try await bench.fill("to", Array(all[..<1_000] + all[1_001..<28_000]))
        let report = try await bench.migrate()
        #expect(report.verification?.isEqual == false && !report.isGood)
        let mended = try await bench.migrate(.init(isFromTheStart: true))
        #expect(mended.isGood && mended.copied?.added == 1)
    }

    @Test func aNameWithManyTargetsIsCutAnywhere() async throws {
        let all = (0..<30_000).map { Change.ensure(Mapping(lfn: "name", pfn: "pfn\(100_000 + $0)")) }
        try await bench.fill("from", all + [.ensure(Mapping(lfn: "o", pfn: "p"))])
        try await bench.fill("to", Array(all[..<25_000]))
        #expect(try await bench.migrate().isGood)
    }

    @Test func anInterruptedCopyStops() async throws {
        try await bench.fill("from", mappings(5_000))
        let flag = InterruptionFlag()
        flag.raise()
        let error = try await #require(throws: MigrationError.self) {
            try await RLSCommandsTests.migrate(bench.url("from"), bench.url("to"), interruption: flag)
        }
        #expect(error.description.contains("interrupted") && error.description.contains("goes on"))
        #expect(try await bench.migrate().isGood)
    }

    // MARK: Refusals

    private func refusal(_ options: Migration.Options = .init()) async throws -> String {
        do {
            _ = try await bench.migrate(options)
            return ""
        } catch { return "\(error)" }
    }

    @Test func aTargetWithOtherThingsIsRefused() async throws {
        try await bench.fill("from", mappings(10))
        try await bench.fill("to", [.create(Mapping(lfn: "other", pfn: "p"))])
        #expect(try await refusal().contains("the target holds 1 mappings and is no copy"))
        #expect(try await refusal(.init(isFromTheStart: true)).contains("--merge"))
        #expect(try bench.contents("to").counts.mappings == 1)
        let report = try await bench.migrate(.init(merges: true))
        #expect(report.isGood && report.copied?.added == 10)
        #expect(try bench.contents("to").counts.mappings == 11)
    }

    @Test func anAttributeOfAnotherTypeIsRefused() async throws {
        let name: ByteString = "size"
        try await bench.fill("from", [.defineAttribute(AttributeDefinition(name: name, kind: .lfn, type: .int))])
        try await bench.fill("to", [.defineAttribute(AttributeDefinition(name: name, kind: .lfn, type: .string))])
        let error = try await refusal()
        #expect(error.contains("attribute \"size\" of lfn is string in the target, int in the source"))
    }

    @Test func aFileThatAServerHasOpenIsRefused() async throws {
        try await bench.fill("from", mappings(1))
        for name in ["from", "to"] {
            let store = try bench.store(name)
            defer { store.shutdown() }
            let error = try await refusal()
            #expect(error.contains(bench.directory.file(name)) && error.contains("stop the server"))
        }
    }

    @Test func whatIsNoCatalogIsRefused() async throws {
        #expect(try await refusal().contains("there is no catalog"))
        #expect(!FileManager.default.fileExists(atPath: bench.directory.file("from")))
        try bench.directory.write(String(repeating: "no database ", count: 100), to: "from")
        #expect(try await refusal().contains("no SQLite database"))
        try FileManager.default.removeItem(atPath: bench.directory.file("from"))
        try await bench.fill("from", mappings(1))
        try bench.directory.write(String(repeating: "no database ", count: 100), to: "to")
        #expect(try await refusal().contains("name a new file"))
        let link = bench.directory.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: bench.directory.file("from"))
        let same = try await #require(throws: MigrationError.self) {
            try await RLSCommandsTests.migrate(bench.url("from"), "sqlite:" + link)
        }
        #expect(same.description.contains("the same"))
        let nothing = try await #require(throws: MigrationError.self) {
            try await RLSCommandsTests.migrate(bench.url("from"), bench.url("none"), .init(onlyVerifies: true))
        }
        #expect(nothing.description.contains("there is no catalog"))
        #expect(!FileManager.default.fileExists(atPath: bench.directory.file("none")))
    }

    // MARK: Verification

    /// Each leaves all counts as they are.
    @Test(arguments: [
        [Change.delete(Mapping(lfn: "tab\tline\n", pfn: "shared")), .ensure(Mapping(lfn: "é中", pfn: " blanks "))],
        [.setAttribute(AttributeSetting(.modify, kind: .lfn, key: longest, name: "int", type: .int, text: "43"))],
        [.setAttribute(AttributeSetting(.modify, kind: .pfn, key: longest, name: "float", type: .float, text: "0.2"))],
        [
            .undefineAttribute(.lfn, name: "unused", clearsValues: false),
            .defineAttribute(AttributeDefinition(name: "unused", kind: .lfn, type: .float)),
        ],
        [.deleteRLI(url: "rls://some", pattern: "a*"), .addRLI(url: "rls://some", flags: 0, pattern: "c*")],
    ]) func anyDifferenceIsFound(changes: [Change]) async throws {
        try await bench.fill("from", FullCatalog.changes)
        #expect(try await bench.migrate().isGood)
        try await bench.fill("to", changes)
        let report = try await bench.migrate(.init(onlyVerifies: true))
        #expect(!report.isGood && report.copied == nil)
        #expect(try await !bench.migrate(.init(merges: true, onlyVerifies: true)).isGood)
        guard case .compared(let from, let to) = report.verification else { return #expect(Bool(false)) }
        #expect(from.mappings.count == to.mappings.count && from.values.count == to.values.count)
        #expect(from.definitions.count == to.definitions.count && from.rlis.count == to.rlis.count)
    }

    private static let longest = OddNames.all[OddNames.all.count - 1]

    @Test func whatIsMissingIsListed() async throws {
        try await bench.fill("from", mappings(20))
        try await bench.fill("to", mappings(5))
        let report = try await bench.migrate(.init(merges: true, onlyVerifies: true))
        guard case .contained(let found) = report.verification else { return #expect(Bool(false)) }
        #expect(found.missing.count == 15)
        #expect(found.missing.examples.count == 10)
        #expect(found.missing.examples[0] == "mapping \"lfn100005\" \"pfn5\"")
    }
}
