import RLSCore

/// A catalog that is only read: nothing of it is changed, nothing is set up.
package protocol CatalogView: Sendable {
    func makeReader() throws(StorageError) -> any CatalogReader
    func counts() throws(StorageError) -> CatalogCounts
    func close()
}

/// What a database is found to hold.
package enum DatabaseContents: Sendable, Hashable {
    /// There is no such database, or nothing of a catalog in it.
    case nothing
    /// A catalog of this program. An original may lie beside it in another schema.
    case catalog(hasOriginal: Bool)
    /// A catalog of the original Globus RLS.
    case original
    /// Something else; in words for people.
    case other(String)
}

extension DatabaseContents {
    /// Of a database without our tables.
    package init(tables: Set<String>) {
        if OriginalTable.required.isSubset(of: tables) {
            self = .original
        } else if tables.contains(OriginalTable.ofIndex) {
            self = .other("an index of the original, whose contents its catalogs tell it")
        } else {
            self = tables.isEmpty ? .nothing : .other("no catalog")
        }
    }
}
