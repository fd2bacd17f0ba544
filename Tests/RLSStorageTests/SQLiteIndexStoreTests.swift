import Logging
import RLSCore
import RLSStorage
import RLSStorageSQLite
import RLSTestSupport
import Testing

@Suite struct SQLiteIndexStoreTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.file("rli.db") }

    init() throws { directory = try TemporaryDirectory() }

    private func open() throws -> SQLiteIndexStore {
        try SQLiteIndexStore(path: path, logger: Logger(label: "test"))
    }

    @Test(arguments: IndexStoreContract.all.map(\.name))
    func contract(name: String) async throws {
        let store = try open()
        defer { store.shutdown() }
        let check = try #require(IndexStoreContract.all.first { $0.name == name }?.check)
        try await check(IndexProbe(store))
    }

    @Test func sendersAndRegistrySurviveARestart() async throws {
        let record = ListSenderRecord(
            id: 7, url: "rls://a", instance: "x", path: ["rls://b", "rls://c"], live: 3, lastUpdate: 4, lastFull: 5,
            interval: 6, names: 8)
        var store = try open()
        try await IndexProbe(store).commit(
            .putSender(record), .addRLI(url: "rls://p", flags: 0, pattern: "a*"),
            .noteRLIUpdate(url: "rls://p", time: 99))
        store.shutdown()
        store = try open()
        defer { store.shutdown() }
        let reader = try store.makeReader()
        #expect(try reader.senders() == [record])
        #expect(try reader.rlis() == [RLIRecord(url: "rls://p", flags: 0, lastUpdate: 99, patterns: ["a*"])])
    }

    @Test func aCatalogIsNoIndex() throws {
        try SQLiteCatalogStore(path: path, logger: Logger(label: "test")).shutdown()
        #expect(throws: StorageError.self) { try open() }
    }
}
