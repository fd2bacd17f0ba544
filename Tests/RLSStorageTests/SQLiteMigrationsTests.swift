import Foundation
import Logging
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStorageSQLite

@Suite struct SQLiteMigrationsTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("lrc.db")
    }

    private func open() throws -> SQLiteCatalogStore {
        try SQLiteCatalogStore(path: path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func connect() throws -> SQLiteConnection {
        try SQLiteConnection(path: path, access: .create, busyTimeout: 0, cacheKiB: 100)
    }

    @Test func theStepIsRecorded() throws {
        try open().shutdown()
        let connection = try connect()
        #expect(try connection.integer("PRAGMA user_version") == 2)
        #expect(try connection.integer("PRAGMA application_id") == 0x524c_5343)
        // A second start has nothing to do.
        try open().shutdown()
        #expect(try connection.integer("SELECT count(*) FROM counter") == 3)
    }

    /// Refused without a trace: its tables, its mode and its bytes are as they were.
    @Test func aDatabaseOfAnotherProgramIsLeftAlone() throws {
        try connect().execute("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let error = try #require(throws: StorageError.self) { try open() }
        #expect(error.reason == .notADatabase)
        #expect(error.message.contains(path) && error.message.contains("lrc_db_url"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
    }

    @Test func anApplicationNumberOfAnotherProgramIsEnough() throws {
        try connect().execute("PRAGMA application_id = 7")
        #expect(throws: StorageError.self) { try open() }
    }

    @Test func aSchemaThatIsNewerIsRefusedAndKept() throws {
        try open().shutdown()
        try connect().execute("PRAGMA user_version = 3")
        let error = try #require(throws: StorageError.self) { try open() }
        #expect(error.reason == .newerSchema)
        #expect(error.message.hasPrefix(path))
        #expect(error.answer.code == .databaseError)
        #expect(try connect().integer("PRAGMA user_version") == 3)
    }
}
