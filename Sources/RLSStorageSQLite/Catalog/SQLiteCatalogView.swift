import NIOConcurrencyHelpers
import RLSCore
import RLSStorage

/// A catalog's file that is only read. It has the server's lock: no server may have the file open.
package final class SQLiteCatalogView: CatalogView {
    private let path: String
    private let cacheKiB: Int
    private let lock: FileLock?

    package init(path: String, cacheKiB: Int = SQLiteOptions().readerCacheKiB) throws(StorageError) {
        self.path = path
        self.cacheKiB = cacheKiB
        lock = try FileLock(forReading: path + ".lock", keyword: SQLiteDatabase.Kind.catalog.keyword)
        try SQLiteMigrations.check(.catalog, connect())
    }

    private func connect() throws(StorageError) -> SQLiteConnection {
        let access: SQLiteConnection.Access = SQLiteFile.hasLog(path) ? .readOnly : .immutable
        return try SQLiteConnection(path: path, access: access, busyTimeout: 5_000, cacheKiB: cacheKiB)
    }

    /// Nothing is committed meanwhile: one snapshot for all reads.
    package func makeReader() throws(StorageError) -> any CatalogReader {
        try SQLiteCatalogReader(connect(), commits: CommitSequence())
    }

    package func counts() throws(StorageError) -> CatalogCounts { try SQLiteCatalogTransaction(connect()).counts() }

    package func close() { lock?.release() }
}
