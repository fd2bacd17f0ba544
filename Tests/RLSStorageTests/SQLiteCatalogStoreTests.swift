import Foundation
import Logging
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStorageSQLite

/// A SQLite store in a directory of its own.
private struct Fixture {
    let directory = NSTemporaryDirectory() + "/rls-store-" + UUID().uuidString
    var path: String { directory + "/lrc.db" }

    init() throws { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) }

    func open(_ options: SQLiteCatalogStore.Options = .init()) throws -> SQLiteCatalogStore {
        try SQLiteCatalogStore(
            path: path, options: options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }
}

@Suite struct SQLiteCatalogStoreTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test(arguments: CatalogStoreContract.all.map(\.name))
    func contract(name: String) async throws {
        defer { fixture.remove() }
        let store = try fixture.open()
        defer { store.shutdown() }
        let check = try #require(CatalogStoreContract.all.first { $0.name == name }?.check)
        try await check(StoreProbe(store))
    }

    private func refusal() -> StorageError? {
        do {
            try fixture.open().shutdown()
            return nil
        } catch let error as StorageError { return error } catch { return nil }
    }

    @Test func dataAndCountsSurviveReopening() async throws {
        defer { fixture.remove() }
        let first = try fixture.open()
        _ = try await StoreProbe(first).apply([.create(Mapping(lfn: "a", pfn: "1")), .add(Mapping(lfn: "a", pfn: "2"))])
        first.shutdown()
        let second = try fixture.open()
        defer { second.shutdown() }
        #expect(second.counts == CatalogCounts(lfns: 1, pfns: 2, mappings: 2))
        #expect(try StoreProbe(second).targets(of: "a") == ["1", "2"])
        let connection = try SQLiteConnection(path: fixture.path, access: .existing, busyTimeout: 0, cacheKiB: 100)
        #expect(try connection.integer("PRAGMA user_version") == 2)
    }

    @Test func newerSchemaIsRefused() throws {
        defer { fixture.remove() }
        try fixture.open().shutdown()
        let connection = try SQLiteConnection(path: fixture.path, access: .existing, busyTimeout: 0, cacheKiB: 100)
        try connection.execute("PRAGMA user_version = 99")
        let error = try #require(refusal())
        #expect(error.reason == .newerSchema)
        #expect(error.message.hasPrefix(fixture.path) && error.message.contains("newer rls-server"))
    }

    @Test func otherFilesAreRefusedAndLeftAlone() throws {
        defer { fixture.remove() }
        let garbage = Data(repeating: 0x41, count: 10_000)
        try garbage.write(to: URL(fileURLWithPath: fixture.path))
        #expect(refusal()?.reason == .notADatabase)
        #expect(try Data(contentsOf: URL(fileURLWithPath: fixture.path)) == garbage)
        fixture.remove()
        #expect(refusal()?.reason == .cannotOpen)
        try FileManager.default.createDirectory(atPath: fixture.directory, withIntermediateDirectories: true)
        let other = try SQLiteConnection(path: fixture.path, access: .create, busyTimeout: 0, cacheKiB: 100)
        try other.execute("CREATE TABLE theirs (a)")
        #expect(refusal()?.message.contains("of another kind") == true)
        // Refused without a change to it.
        #expect(try other.integer("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'") == 0)
    }

    @Test func aSecondServerIsKeptOff() throws {
        defer { fixture.remove() }
        let first = try fixture.open()
        let error = try #require(refusal())
        #expect(error.reason == .busy)
        #expect(error.message.contains("another rls-server serves this database"))
        first.shutdown()
        #expect(refusal() == nil)
    }

    @Test func aLockIsReportedAndOutlived() async throws {
        defer { fixture.remove() }
        var options = SQLiteCatalogStore.Options()
        options.busyTimeout = 50
        let store = try fixture.open(options)
        defer { store.shutdown() }
        let other = try SQLiteConnection(path: fixture.path, access: .existing, busyTimeout: 0, cacheKiB: 100)
        try other.execute("BEGIN IMMEDIATE")
        await #expect(throws: StorageError.self) {
            try await StoreProbe(store).apply(.create(Mapping(lfn: "a", pfn: "1")))
        }
        #expect(try StoreProbe(store).targets(of: "a").isEmpty)
        try other.execute("ROLLBACK")
        #expect(try await StoreProbe(store).apply(.create(Mapping(lfn: "a", pfn: "1"))) == nil)
    }

    /// Nothing acknowledged is lost, reads go on, and so do writes when there is room again.
    @Test func fullDisk() async throws {
        defer { fixture.remove() }
        var options = SQLiteCatalogStore.Options()
        options.maximumPages = 40
        let store = try fixture.open(options)
        let probe = StoreProbe(store)
        var acknowledged: [Mapping] = []
        var failure: StorageError?
        while failure == nil && acknowledged.count < 100_000 {
            let batch = (0..<50).map {
                Mapping(lfn: "lfn\(acknowledged.count + $0)", pfn: "target\(acknowledged.count + $0)")
            }
            do {
                _ = try await probe.apply(batch.map { .create($0) })
                acknowledged += batch
            } catch let error as StorageError { failure = error }
        }
        #expect(failure?.reason == .full)
        #expect(failure?.answer == CatalogError(.databaseError, "database disk is full"))
        #expect(store.counts.mappings == acknowledged.count)
        for mapping in acknowledged { #expect(try probe.targets(of: mapping.lfn) == [mapping.pfn]) }
        #expect(try await probe.apply(acknowledged.prefix(200).map { .delete($0) }).allSatisfy { $0 == nil })
        #expect(try await probe.apply(.create(Mapping(lfn: "again", pfn: "p"))) == nil)
        store.shutdown()
        let larger = try fixture.open()
        defer { larger.shutdown() }
        #expect(larger.counts.mappings == acknowledged.count - 199)
    }

    @Test func theLogStaysBounded() async throws {
        defer { fixture.remove() }
        let store = try fixture.open()
        defer { store.shutdown() }
        let probe = StoreProbe(store)
        for round in 0..<40 {
            let changes = (0..<2_000).map { number in
                Change.ensure(Mapping(lfn: "\(number * 7_919 % 2_000)-\(round)", pfn: "target-\(number)-\(round)"))
            }
            _ = try await probe.apply(changes)
        }
        let size = try FileManager.default.attributesOfItem(atPath: fixture.path + "-wal")[.size] as? Int
        #expect((size ?? .max) < 100 << 20)
        #expect(store.counts.mappings == 80_000)
    }

    @Test func afterShutdownWritesAreRefused() async throws {
        defer { fixture.remove() }
        let store = try fixture.open()
        store.shutdown()
        await #expect(throws: StorageError(.closed, "the store is shut down")) {
            try await StoreProbe(store).apply(.create(Mapping(lfn: "a", pfn: "1")))
        }
    }
}
