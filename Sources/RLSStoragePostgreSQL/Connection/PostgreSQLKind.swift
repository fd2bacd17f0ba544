import RLSSchema

/// What tables are for, by the name of the PostgreSQL schema that holds them.
package enum PostgreSQLKind: String, Sendable {
    case catalog = "lrc"
    case index = "rli"
    /// A replicating site's metadata.
    case metadata = "ldr"

    var steps: [SchemaStep] {
        switch self {
        case .catalog: Schema.postgresqlCatalog
        case .index: Schema.postgresqlIndex
        case .metadata: Schema.postgresqlMetadata
        }
    }

    /// Whose tables they are.
    var program: String { self == .metadata ? "ldr" : "rls-server" }

    /// The table that is partitioned by the hash of the logical name, if one is.
    var partitioned: String? {
        switch self {
        case .catalog: "mapping"
        case .index: "entry"
        case .metadata: nil
        }
    }

    /// Of each partition: were they the whole table's, no partition could be on another server.
    var partitionIndexes: [(String) -> String] {
        switch self {
        case .catalog:
            [
                { "ALTER TABLE \($0) ADD PRIMARY KEY (lfn, pfn, tails)" },
                { "CREATE INDEX ON \($0) (pfn, lfn)" },
            ]
        case .index, .metadata: []
        }
    }

    /// In percent, how full pages of that table are made.
    var fillFactor: Int { self == .index ? 50 : 100 }

    /// "rls" or "ldr" and a letter: a number that no other program will lock.
    var lock: Int {
        switch self {
        case .catalog: 0x726c_7343
        case .index: 0x726c_7349
        case .metadata: 0x6c64_724d
        }
    }
}
