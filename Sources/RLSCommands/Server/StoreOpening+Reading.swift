import RLSConfiguration
import RLSStorage
import RLSStoragePostgreSQL
import RLSStorageSQLite

/// The catalog's database as something to look at, whoever has made it.
extension StoreOpening {
    func catalogContents() throws(StorageError) -> DatabaseContents {
        switch try Self.parse(configuration.catalogDatabase) {
        case .sqlite(let path): try SQLiteFile.contents(path: path)
        case .postgresql(let url): try PostgreSQLDatabase.contents(originalSettings(url))
        }
    }

    func catalogView() throws(StorageError) -> any CatalogView {
        switch try Self.parse(configuration.catalogDatabase) {
        case .sqlite(let path): try SQLiteCatalogView(path: path)
        case .postgresql(let url): try PostgreSQLCatalogView(settings(url, purpose: .reading))
        }
    }

    func originalTables() throws(StorageError) -> any OriginalTables {
        switch try Self.parse(configuration.catalogDatabase) {
        case .sqlite(let path): try SQLiteOriginalTables(path: path)
        case .postgresql(let url): try PostgreSQLOriginalTables(originalSettings(url))
        }
    }

    /// A session of its own kind: a pooler would not let it be.
    private func originalSettings(_ url: String) throws(StorageError) -> PostgreSQLSettings {
        try PostgreSQLSettings(url: url, purpose: .original, patience: .seconds(configuration.databaseTimeout))
    }
}
