import Foundation
import Logging
import RLSConfiguration
import RLSStorage

/// A catalog that can be read from beginning to end, by any number of threads.
struct CatalogPlace: Sendable {
    /// The URL without secrets.
    let shown: String
    let isOriginal: Bool
    let makeSource: @Sendable () throws(StorageError) -> any CatalogSource
    /// For exact look-ups; nil for the original.
    let makeReader: (@Sendable () throws(StorageError) -> any CatalogReader)?
    let close: @Sendable () -> Void

    init(_ view: any CatalogView, shown: String) {
        self.shown = shown
        isOriginal = false
        makeSource = { () throws(StorageError) in
            StoreSource(try view.makeReader()) { () throws(StorageError) in try view.counts() }
        }
        makeReader = { () throws(StorageError) in try view.makeReader() }
        close = { view.close() }
    }

    init(_ store: any CatalogStore, shown: String) {
        self.shown = shown
        isOriginal = false
        makeSource = { () throws(StorageError) in
            StoreSource(try store.makeReader()) { () throws(StorageError) in store.counts }
        }
        makeReader = { () throws(StorageError) in try store.makeReader() }
        close = { store.shutdown() }
    }

    init(original: StoreOpening, shown: String) {
        self.shown = shown
        isOriginal = true
        makeSource = { () throws(StorageError) in OriginalSource(try original.originalTables()) }
        makeReader = nil
        close = {}
    }
}

/// Opens what `rls-admin migrate` is given.
struct PlaceOpening {
    let from: String
    let to: String
    /// Partitions of a PostgreSQL database that is set up now.
    let partitions: Int

    private func opening(_ url: String) -> StoreOpening {
        var configuration = ServerConfiguration()
        configuration.catalogDatabase = url
        configuration.databasePartitions = partitions
        // Whole pages and groups are written at a time.
        configuration.databaseTimeout = 120
        return StoreOpening(configuration, logger: Logger(label: "migrate") { _ in SwiftLogNoOpLogHandler() })
    }

    var shownTarget: String { DatabaseURL.shown(to) }

    func source() throws -> CatalogPlace {
        let (opening, shown) = (opening(from), DatabaseURL.shown(from))
        switch try opening.catalogContents() {
        case .nothing: throw MigrationError("\(shown): there is no catalog")
        case .other(let what): throw MigrationError("\(shown): \(what)")
        case .original: return CatalogPlace(original: opening, shown: shown)
        case .catalog(let hasOriginal):
            guard isSame else { return try place(opening, shown) }
            // The original's tables and ours may lie beside each other.
            guard hasOriginal else { throw MigrationError("\(shown): source and target are the same") }
            return CatalogPlace(original: opening, shown: shown)
        }
    }

    private var isSame: Bool {
        switch (DatabaseURL(from), DatabaseURL(to)) {
        case (.sqlite(let one), .sqlite(let other)):
            URL(fileURLWithPath: one).resolvingSymlinksInPath() == URL(fileURLWithPath: other).resolvingSymlinksInPath()
        default: from == to
        }
    }

    /// What is there already, to be read.
    func existingTarget() throws -> CatalogPlace {
        let (opening, shown) = (opening(to), DatabaseURL.shown(to))
        guard case .catalog = try opening.catalogContents() else {
            throw MigrationError("\(shown): there is no catalog of this program")
        }
        return try place(opening, shown)
    }

    private func place(_ opening: StoreOpening, _ shown: String) throws -> CatalogPlace {
        CatalogPlace(try unlocked(shown) { () throws(StorageError) in try opening.catalogView() }, shown: shown)
    }

    /// To be written; made where there is none.
    func target() throws -> any CatalogStore {
        let (opening, shown) = (opening(to), DatabaseURL.shown(to))
        switch (try opening.catalogContents(), DatabaseURL(to)) {
        case (.original, .sqlite): throw MigrationError("\(shown): holds a catalog of the original; name a new file")
        case (.other(let what), .sqlite): throw MigrationError("\(shown): \(what); name a new file")
        default: return try unlocked(shown) { () throws(StorageError) in try opening.catalog() }
        }
    }

    private func unlocked<Value>(_ shown: String, _ open: () throws(StorageError) -> Value) throws -> Value {
        do throws(StorageError) {
            return try open()
        } catch {
            guard error.reason == .busy else { throw error }
            throw MigrationError("\(shown): a server has it open: stop the server, and start it again afterwards")
        }
    }
}
