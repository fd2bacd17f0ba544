import Foundation
import RLSStorage
import RLSStoragePostgreSQL
import RLSStorageSQLite
import RLSTestSupport
import Testing

@testable import LDR

/// The catalog of a test's site, on the back end with which the tests run.
enum MetadataDatabase: Sendable {
    case file(String)
    case postgresql(PostgreSQLSettings)

    init(_ path: String, _ backend: CatalogBackend = .current) async throws {
        switch backend {
        case .sqlite: self = .file(path)
        case .postgresql:
            self = .postgresql(try PostgreSQLSettings(url: try await PostgreSQLServer.shared.freshDatabase()))
        }
    }

    func tables() throws -> any MetadataTables {
        switch self {
        case .file(let path): try SQLiteMetadataTables(path: path)
        case .postgresql(let settings): PostgreSQLMetadataTables(settings)
        }
    }

    func save(_ tables: any MetadataTables) throws {
        switch self {
        case .file(let path):
            let tables = try #require(tables as? SQLiteMetadataTables)
            try tables.file.connection.execute("VACUUM INTO '\(path).backup'")
        case .postgresql(let settings):
            try Self.run(
                ["CREATE SCHEMA saved"] + Self.columns.keys.map { "CREATE TABLE saved.\($0) AS TABLE ldr.\($0)" },
                settings)
        }
    }

    /// With no program running.
    func restore() throws {
        switch self {
        case .file(let path):
            for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
            try FileManager.default.copyItem(atPath: path + ".backup", toPath: path)
        case .postgresql(let settings):
            try Self.run(
                Self.columns.flatMap { table, columns in
                    [
                        "DELETE FROM ldr.\(table)",
                        "INSERT INTO ldr.\(table) (\(columns)) SELECT \(columns) FROM saved.\(table)",
                    ]
                }, settings)
        }
    }

    /// All that are not generated.
    private static let columns = [
        "file": "lfn, lfn_tail, change, clock, site, is_deleted, size, adler32, md5, sha256, collection, attributes",
        "state": "is_only, epoch, change, clock, site, files", "peer": "site, epoch, position, checked, changed, error",
    ]

    private static func run(_ statements: [String], _ settings: PostgreSQLSettings) throws(StorageError) {
        let database = SharedPostgreSQLDatabase(.metadata, settings)
        try database.write(locking: "SELECT 1") { (_) throws(StorageError) in
            for statement in statements { try database.send(statement, PostgreSQLParameters()) }
        }
    }
}
