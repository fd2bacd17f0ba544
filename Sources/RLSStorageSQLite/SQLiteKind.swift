import RLSSchema

/// What a file is for: a catalog's is not opened as an index's.
package enum SQLiteKind: Int, Sendable {
    /// "RLSC"
    case catalog = 0x524c_5343
    /// "RLSI"
    case index = 0x524c_5349
    /// "LDRM": a replicating site's metadata.
    case metadata = 0x4c44_524d
    /// "LDRW": what its daemons have to do.
    case work = 0x4c44_5257

    var steps: [SchemaStep] {
        switch self {
        case .catalog: Schema.sqliteCatalog
        case .index: Schema.sqliteIndex
        case .metadata: Schema.metadata
        case .work: Schema.work
        }
    }

    /// Of the option that names the file.
    var keyword: String {
        switch self {
        case .catalog: "lrc_db_url"
        case .index: "rli_db_url"
        case .metadata, .work: "directory"
        }
    }
}
