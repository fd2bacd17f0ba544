import Logging
import RLSCore
import RLSStorage
import RLSTestSupport

@testable import RLSStoragePostgreSQL

/// A database of a test's own, with the stores that are opened on it.
struct TestDatabase {
    let url: String

    init() async throws { url = try await PostgreSQLServer.shared.freshDatabase() }

    func open(
        isPooled: Bool = false, partitions: Int = 4, patience: Duration = .seconds(30)
    ) throws -> PostgreSQLCatalogStore {
        try Self.open(url, isPooled: isPooled, partitions: partitions, patience: patience)
    }

    static func open(
        _ url: String, isPooled: Bool = false, partitions: Int = 4, patience: Duration = .seconds(30)
    ) throws -> PostgreSQLCatalogStore {
        try PostgreSQLCatalogStore(
            try PostgreSQLSettings(url: url, isPooled: isPooled, patience: patience), partitions: partitions,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Makes the tables, however long that takes: with less patience a store may never get there.
    static func setUp(_ url: String) throws {
        let store = try open(url)
        defer { store.shutdown() }
        _ = try StoreProbe(store).targets(of: "none")
    }

    func connect() throws -> PostgreSQLConnection { try PostgreSQLConnection(try PostgreSQLSettings(url: url)) }

    /// The one number that a statement yields.
    func number(_ sql: String) throws -> Int {
        try connect().query(sql, by: Deadline(in: .seconds(30))).integer(0, 0)
    }
}
