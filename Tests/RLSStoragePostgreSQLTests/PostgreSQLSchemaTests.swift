import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStoragePostgreSQL

@Suite struct PostgreSQLSchemaTests {
    @Test func serversThatStartAtOnceSetUpOnce() async throws {
        let database = try await TestDatabase()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let store = try await blocking { try database.open(partitions: 3) }
                    defer { store.shutdown() }
                    let mapping = Mapping(lfn: "lfn\(number)", pfn: "p")
                    #expect(try await StoreProbe(store).apply(.create(mapping)) == nil)
                }
            }
            try await group.waitForAll()
        }
        #expect(try database.number("SELECT count(*) FROM lrc.mapping") == 8)
        #expect(try database.number("SELECT count(*) FROM lrc.version") == 1)
        #expect(
            try database.number("SELECT count(*) FROM pg_inherits WHERE inhparent = 'lrc.mapping'::regclass") == 3)
    }

    @Test func newerSchemaIsRefused() async throws {
        let database = try await TestDatabase()
        try database.open().shutdown()
        _ = try database.connect().query(
            "INSERT INTO lrc.version (number) VALUES (99)", by: Deadline(in: .seconds(30)))
        #expect(throws: StorageError.self) { try database.open() }
        do { try database.open().shutdown() } catch { #expect((error as? StorageError)?.reason == .newerSchema) }
    }

    @Test func statementsOfASchemaFile() {
        let text = """
            -- one; not a statement;
            CREATE TABLE a (
                -- inside
                b int
            );

            INSERT INTO a VALUES (1);
            """
        #expect(SQLText.statements(text) == ["CREATE TABLE a (\n    b int\n);", "INSERT INTO a VALUES (1);"])
    }

    @Test(arguments: [
        ("postgresql://user:secret@host:5433/db", "postgresql://host:5433/db"),
        ("postgresql://user@/db?host=/run/pg&password=secret", "postgresql:///run/pg/db"),
        ("postgresql://a:1,b:2/db", "postgresql://a,b:1,2/db"),
    ])
    func placeHasNoSecrets(url: String, place: String) throws {
        #expect(try PostgreSQLSettings(url: url).place == place)
    }

    @Test func wrongURLIsRefusedWithoutRepeatingIt() {
        do {
            _ = try PostgreSQLSettings(url: "postgresql://u:secret@h/d?no_such_keyword=1")
            Issue.record("accepted")
        } catch { #expect(error.reason == .cannotOpen && !error.message.contains("secret")) }
    }
}
