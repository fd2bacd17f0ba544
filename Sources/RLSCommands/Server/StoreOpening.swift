import Foundation
import Logging
import RLSConfiguration
import RLSStorage
import RLSStoragePostgreSQL
import RLSStorageSQLite

/// Opens the stores that a configuration names: the one place that knows the back ends.
struct StoreOpening {
    let configuration: ServerConfiguration
    private let logger: Logger

    init(_ configuration: ServerConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    func catalog() throws(StorageError) -> any CatalogStore {
        switch try Self.parse(configuration.catalogDatabase) {
        case .sqlite(let path): return try SQLiteCatalogStore(path: Self.made(path), logger: logger)
        case .postgresql(let url):
            return try PostgreSQLCatalogStore(
                settings(url), standby: standby(), partitions: configuration.databasePartitions, logger: logger)
        }
    }

    /// nil for an index that takes filters only.
    func index() throws(StorageError) -> (any IndexStore)? {
        if configuration.indexDatabase.isEmpty { return nil }
        switch try Self.parse(configuration.indexDatabase) {
        case .sqlite(let path): return try SQLiteIndexStore(path: Self.made(path), logger: logger)
        case .postgresql(let url):
            return try PostgreSQLIndexStore(
                settings(url), partitions: configuration.databasePartitions, logger: logger)
        }
    }

    func settings(
        _ url: String, purpose: PostgreSQLSettings.Purpose = .primary
    ) throws(StorageError) -> PostgreSQLSettings {
        try PostgreSQLSettings(
            url: url, purpose: purpose, isPooled: configuration.isDatabasePooled,
            patience: .seconds(configuration.databaseTimeout))
    }

    private func standby() throws(StorageError) -> PostgreSQLCatalogStore.Standby? {
        guard case .postgresql(let url) = DatabaseURL(configuration.readDatabase) else { return nil }
        return PostgreSQLCatalogStore.Standby(
            try settings(url, purpose: .standby), staleness: .seconds(configuration.readStaleness))
    }

    static func parse(_ text: String) throws(StorageError) -> DatabaseURL {
        guard let url = DatabaseURL(text) else {
            throw StorageError(.cannotOpen, "\(DatabaseURL.shown(text)): expected sqlite:PATH or postgresql://…")
        }
        return url
    }

    /// The path, with its directory made.
    private static func made(_ path: String) throws(StorageError) -> String {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if !FileManager.default.fileExists(atPath: directory) {
            do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
                throw StorageError(.cannotOpen, "\(directory): cannot be created: \(error.localizedDescription)")
            }
        }
        return path
    }
}
