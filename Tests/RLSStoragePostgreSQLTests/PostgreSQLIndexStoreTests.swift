import Logging
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStoragePostgreSQL

@Suite struct PostgreSQLIndexStoreTests {
    private static func open(
        _ url: String, isPooled: Bool = false, partitions: Int = 4, patience: Duration = .seconds(30)
    ) throws -> PostgreSQLIndexStore {
        try PostgreSQLIndexStore(
            try PostgreSQLSettings(url: url, isPooled: isPooled, patience: patience), partitions: partitions,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test(arguments: IndexStoreContract.all.map(\.name))
    func contract(name: String) async throws {
        let store = try Self.open(try await TestDatabase().url)
        defer { store.shutdown() }
        let check = try #require(IndexStoreContract.all.first { $0.name == name }?.check)
        try await check(IndexProbe(store))
    }

    /// With nothing kept in the session, and one partition.
    @Test(arguments: ["senders", "index servers", "walks", "long names", "agrees with the model"])
    func contractBehindPooler(name: String) async throws {
        let store = try Self.open(try await TestDatabase().url, isPooled: true, partitions: 1)
        defer { store.shutdown() }
        let check = try #require(IndexStoreContract.all.first { $0.name == name }?.check)
        try await check(IndexProbe(store))
    }
}
