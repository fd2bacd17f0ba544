import Foundation
import Logging
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStorageSQLite

@Suite struct SQLiteConnectionTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("lrc.db")
    }

    private static func open(_ path: String) throws -> SQLiteCatalogStore {
        try SQLiteCatalogStore(path: path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test(arguments: [0, 100, 4_096])
    func garbageIsNoDatabase(size: Int) throws {
        let garbage = Data(repeating: 0x78, count: size)
        try garbage.write(to: URL(fileURLWithPath: path))
        if size == 0 {
            // An empty file is a new database.
            try Self.open(path).shutdown()
        } else {
            let error = try #require(throws: StorageError.self) { try Self.open(path) }
            #expect(error.reason == .notADatabase)
            #expect(error.message.contains(path))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == garbage)
        }
    }

    /// Pages in the middle overwritten: reads say so, and the store is still there to say it.
    @Test func aDamagedFileIsReported() async throws {
        let first = StoreProbe(try Self.open(path))
        let pairs = (0..<5_000).map { Mapping(lfn: "lfn\($0)", pfn: "pfn\($0)") }
        _ = try await first.apply(pairs.map { .create($0) })
        first.store.shutdown()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let size = Int(try file.seekToEnd())
        try file.seek(toOffset: UInt64(size / 4))
        try file.write(contentsOf: Data(repeating: 0xa5, count: size / 2))
        try file.close()
        let store = StoreProbe(try Self.open(path))
        defer { store.store.shutdown() }
        let error = try #require(throws: StorageError.self) {
            try store.walk(by: .lfn, prefix: "", order: .ascending, step: 10_000)
        }
        #expect(error.reason == .corrupt)
        #expect(error.message.contains(path) && error.message.contains(".recover"))
        #expect(error.answer == CatalogError(.databaseError, "database is damaged"))
    }

    @Test func withoutPermissionToWrite() async throws {
        try Self.open(path).shutdown()
        chmod(path, 0o444)
        chmod(path + ".lock", 0o666)
        chmod(directory.path, 0o555)
        defer { chmod(directory.path, 0o755) }
        let (path, other) = (path, directory.file("other.db"))
        let errors = try await blocking {
            withoutPrivileges {
                [path, other].map { path in #expect(throws: StorageError.self) { try Self.open(path) } }
            }
        }
        #expect(errors.map { $0?.reason } == [.readOnly, .cannotOpen])
        for error in errors { #expect(error?.message.contains(directory.path) == true) }
        chmod(directory.path, 0o755)
        chmod(path, 0o644)
        try Self.open(path).shutdown()
    }

    @Test func missingDirectory() throws {
        let error = try #require(throws: StorageError.self) { try Self.open(directory.file("none/lrc.db")) }
        #expect(error.reason == .cannotOpen)
        #expect(error.message.contains("none/lrc.db"))
    }
}

/// Runs `body` on this thread with the file rights of nobody in particular: root may write everywhere.
private func withoutPrivileges<Result>(_ body: () -> Result) -> Result {
    guard geteuid() == 0, let symbol = dlsym(nil, "setfsuid") else { return body() }
    let setFileUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> Int32).self)
    _ = setFileUser(65_534)
    defer { _ = setFileUser(0) }
    return body()
}
