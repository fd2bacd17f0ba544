// The SQL files beside this one are part of the program: a server applies them to its own database at start.

/// One numbered schema file. Numbers rise without gaps and a file never changes once released.
package struct SchemaStep: Sendable {
    package let version: Int
    package let name: String
    package let sql: String
}

package enum Schema {
    package static let sqliteCatalog = [
        SchemaStep(version: 1, name: "001-catalog.sql", sql: text(PackageResources._01_catalog_sql)),
        SchemaStep(version: 2, name: "002-identity.sql", sql: text(PackageResources._02_identity_sql)),
    ]

    package static let sqliteIndex = [
        SchemaStep(version: 1, name: "index/001-index.sql", sql: text(PackageResources._01_index_sql))
    ]

    package static let postgresqlCatalog = [
        SchemaStep(version: 1, name: "postgresql/001-lrc.sql", sql: text(PackageResources._01_lrc_sql))
    ]

    package static let postgresqlIndex = [
        SchemaStep(version: 1, name: "postgresql/001-rli.sql", sql: text(PackageResources._01_rli_sql))
    ]

    package static let metadata = [
        SchemaStep(version: 1, name: "ldr/001-metadata.sql", sql: text(PackageResources._01_metadata_sql))
    ]

    package static let postgresqlMetadata = [
        SchemaStep(version: 1, name: "postgresql/001-ldr.sql", sql: text(PackageResources._01_ldr_sql))
    ]

    package static let work = [
        SchemaStep(version: 1, name: "ldr/001-work.sql", sql: text(PackageResources._01_work_sql))
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
