import RLSCore
import RLSStorage
import RLSStorageSQLite

/// A site's metadata catalog: what is known of every published file, of its own and of other sites. Used by one thread at a
/// time; several programs of the site may have the file open.
///
/// Of two changes of one file the one with the later `ChangeStamp` counts, at every site. Every change that counts gets the
/// next number here; a file is found under the number of its last change only.
package final class MetadataStore {
    /// This site.
    package let site: String
    package let path: String
    let file: SharedSQLiteFile
    /// Milliseconds since 1970.
    let now: () -> Int64

    /// Rows of a transaction: others that write wait for no more.
    static let rowsAtOnce = 10_000
    /// Of rows that are held at once, where they may be large.
    static let bytesAtOnce = 32 << 20

    /// Opens or makes the file.
    package convenience init(path: String, site: String) throws(StorageError) {
        try self.init(path: path, site: site, now: HybridClock.milliseconds)
    }

    init(path: String, site: String, now: @escaping () -> Int64) throws(StorageError) {
        do {
            try SiteName.check(site)
        } catch {
            throw StorageError(.other, error.message)
        }
        self.site = site
        self.path = path
        self.now = now
        file = try SharedSQLiteFile(.metadata, path: path, cacheKiB: 65_536)
    }

    // MARK: State

    struct State {
        /// The last number that was given out.
        var change: Int
        var clock: Int64
        var epoch: String
    }

    func state() throws(StorageError) -> State {
        let statement = try file.connection.statement("SELECT change, clock, epoch FROM state")
        defer { statement.reset() }
        guard try statement.step(), let epoch = statement.text(2) else {
            throw damaged("the row of table state is missing")
        }
        return State(change: statement.integer(0), clock: Int64(statement.integer(1)), epoch: epoch)
    }

    func write(_ state: State) throws(StorageError) {
        let statement = try file.connection.statement("UPDATE state SET change = ?1, clock = ?2, epoch = ?3")
        try statement.bind(1, state.change).bind(2, state.clock).bind(3, text: state.epoch).run()
    }

    /// Says to all followers that the log begins anew: for a site whose database and log were both restored from a backup, so
    /// that it gave out numbers once more which others have already seen.
    package func beginEpoch() throws(StorageError) {
        let words = (0..<2).map { _ in
            let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        let statement = try file.connection.statement("UPDATE state SET epoch = ?1")
        try statement.bind(1, text: words.joined()).run()
    }

    /// The last number that was given to a change.
    package var lastChange: Int {
        get throws(StorageError) { try state().change }
    }

    /// Tells the numbers of this database's changes from those of one that was made anew or restored.
    package var epoch: String {
        get throws(StorageError) { try state().epoch }
    }

    /// Files that are not deleted. Reads an index of all files: for reports.
    package var count: Int {
        get throws(StorageError) {
            let statement = try file.connection.statement("SELECT count(*) FROM file WHERE is_deleted = 0")
            defer { statement.reset() }
            return try statement.step() ? statement.integer(0) : 0
        }
    }

    func damaged(_ what: String) -> StorageError {
        StorageError(
            .corrupt, "\(path): \(what): restore a backup, or remove the file and follow the other sites again")
    }
}
