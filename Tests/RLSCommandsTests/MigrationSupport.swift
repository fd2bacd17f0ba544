import Foundation
import Logging
import RLSCore
import RLSStorage
import RLSTestSupport

@testable import RLSCommands
@testable import RLSStoragePostgreSQL
@testable import RLSStorageSQLite

/// Two databases of a test.
struct MigrationBench {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    func url(_ name: String) -> String { "sqlite:" + directory.file(name) }

    func store(_ name: String) throws -> SQLiteCatalogStore {
        try SQLiteCatalogStore(
            path: directory.file(name), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Makes the changes, and closes the store.
    func fill(_ name: String, _ changes: [Change]) async throws {
        let store = try store(name)
        defer { store.shutdown() }
        let outcomes = try await StoreProbe(store).apply(changes)
        if let error = outcomes.compactMap({ $0 }).first { throw error }
    }

    /// Everything in a store.
    func contents(_ name: String) throws -> CatalogContents {
        let store = try store(name)
        defer { store.shutdown() }
        return try CatalogContents(store)
    }

    /// From the one to the other.
    func migrate(_ options: Migration.Options = .init()) async throws -> MigrationReport {
        var options = options
        // A copy goes on 6000 mappings before its end.
        options.requestSize = RequestSize(changes: 1_000, requests: 2)
        return try await RLSCommandsTests.migrate(url("from"), url("to"), options)
    }

    func original(_ name: String, _ sql: String = "") throws -> SQLiteConnection {
        let connection = try SQLiteConnection(
            path: directory.file(name), access: .create, busyTimeout: 0, cacheKiB: 1_000)
        try connection.execute(OriginalSchema.tables.joined(separator: ";") + ";" + sql)
        return connection
    }
}

/// On a thread of its own, as the command does it.
func migrate(
    _ from: String, _ to: String, _ options: Migration.Options = .init(), interruption: InterruptionFlag = .init()
) async throws -> MigrationReport {
    try await blocking {
        try Migration(
            from: from, to: to, options: options, progress: MigrationProgress(), interruption: interruption
        ).run()
    }
}

struct CatalogContents: Equatable {
    var mappings: [Mapping] = []
    var definitions: Set<AttributeDefinition> = []
    var values: Set<ObjectValue> = []
    var rlis: [RLIRecord] = []
    let counts: CatalogCounts

    init(_ store: any CatalogStore) throws {
        let source = StoreSource(try store.makeReader()) { () throws(StorageError) in store.counts }
        var skipped = Skipped()
        var (mappings, values): ([Mapping], Set<ObjectValue>) = ([], [])
        try source.mappings(from: .beginning, &skipped) { page in
            mappings += page
            return .next
        }
        try source.values(&skipped) { page in
            values.formUnion(page)
            return .next
        }
        (self.mappings, self.values, counts) = (mappings, values, store.counts)
        definitions = Set(try source.definitions(&skipped))
        rlis = try source.rlis(&skipped)
    }
}

/// Names that are easily broken.
enum OddNames {
    static let all: [ByteString] = [
        "it's \"quoted\"", "back\\slash\\0", " blanks ", "tab\tline\n", "%_*?", "é中", "a;DROP TABLE mapping",
        ByteString([0xff, 0xfe]), ByteString([1]), ByteString([0xed, 0xa0, 0x80]),
        ByteString([UInt8](repeating: 0xff, count: 4_096)), ByteString([UInt8](repeating: 0x61, count: 4_096)),
        ByteString([UInt8](repeating: 0x61, count: 1_200)), ByteString([UInt8](repeating: 0x61, count: 1_201)),
    ]
}

/// A catalog with something of everything.
enum FullCatalog {
    static let values: [(AttributeType, [ByteString])] = [
        (.date, ["20020829101112", "00010101000000"]), (.float, ["0.1", "-1e-300"]),
        (.int, ["-9223372036854775808", "42"]), (.string, ["", "it's \\ \"x\""]),
    ]

    static let changes: [Change] = {
        var changes: [Change] = OddNames.all.flatMap { name in
            [.ensure(Mapping(lfn: name, pfn: name)), .ensure(Mapping(lfn: name, pfn: "shared"))]
        }
        for kind in NameKind.allCases {
            for (type, texts) in values {
                let name = ByteString(type.name)
                changes.append(.defineAttribute(AttributeDefinition(name: name, kind: kind, type: type)))
                for (text, key) in zip(texts, OddNames.all.suffix(texts.count)) {
                    let setting = AttributeSetting(.add, kind: kind, key: key, name: name, type: type, text: text)
                    changes.append(.setAttribute(setting))
                }
            }
            changes.append(.defineAttribute(AttributeDefinition(name: "unused", kind: kind, type: .int)))
        }
        return changes + [
            .addRLI(url: "rls://all", flags: 1, pattern: ""), .addRLI(url: "rls://some", flags: 0, pattern: "b*"),
            .addRLI(url: "rls://some", flags: 0, pattern: "a*"),
        ]
    }()
}

/// A connection for statements of tests.
struct PostgreSQLShell {
    let connection: PostgreSQLConnection

    init(_ url: String) throws { connection = try PostgreSQLConnection(PostgreSQLSettings(url: url)) }

    @discardableResult
    func run(_ statements: String...) throws -> PostgreSQLResult? {
        var last: PostgreSQLResult?
        for statement in statements { last = try connection.query(statement, by: Deadline(in: .seconds(30))) }
        return last
    }
}
