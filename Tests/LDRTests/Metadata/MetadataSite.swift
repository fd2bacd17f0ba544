import Foundation
import RLSCore
import RLSTestSupport

@testable import LDR

/// A site with its catalog and its log. Catalogs are files in a directory that is shared with the others, or databases.
final class MetadataSite {
    let name: String
    let directory: TemporaryDirectory
    private let database: MetadataDatabase
    private(set) var store: MetadataStore

    /// - Parameter file: of the catalog, where it is one; without it, the site's name
    init(_ name: String, in directory: TemporaryDirectory, file: String? = nil) async throws {
        self.name = name
        self.directory = directory
        database = try await MetadataDatabase(directory.file((file ?? name) + ".db"))
        store = try MetadataStore(try database.tables(), site: name)
    }

    /// Another program of the site.
    var open: @Sendable () throws -> MetadataStore {
        { [database, name] in try MetadataStore(try database.tables(), site: name) }
    }

    /// Uses the database as it is now, with a clock that is wrong by `clockError`.
    func reopen(clockError: Int64 = 0) throws {
        store = try MetadataStore(
            try database.tables(), site: name, now: { HybridClock.milliseconds() + clockError })
    }

    var logs: String { directory.file("logs") }
    var log: String { logs + "/" + name }
    var manifest: LogManifest {
        get throws { try LogManifest(text: Array(Data(contentsOf: URL(fileURLWithPath: log + "/manifest")))) }
    }

    func publish(_ records: FileRecord...) throws -> PublishOutcome { try store.publish(records) }

    @discardableResult
    func export() throws -> ExportOutcome { try LogExporter(store, directory: logs).export() }

    @discardableResult
    nonisolated(nonsending) func follow(_ peer: MetadataSite) async throws -> FollowOutcome {
        try await LogFollower(store, peer: peer.name, fetch: FileLogSource(directory: peer.log).fetch).follow()
    }

    /// All that is known, deleted files included.
    func catalog() throws -> [ByteString: MetadataChange] {
        let all = try store.changes(after: 0, limit: Int.max).map { ($0.value.lfn, $0.value) }
        return Dictionary(uniqueKeysWithValues: all)
    }

    /// As a backup does, with no program running.
    func saveDatabase() throws { try database.save(store.tables) }

    func restoreDatabase() throws {
        // Closed before its file goes.
        store = try MetadataStore(path: directory.file(name + ".unused"), site: name)
        try database.restore()
        try reopen()
    }
}

extension FileRecord {
    /// A record with some of everything.
    static func sample(_ name: String, size: Int64 = 1, run: String = "S5") -> FileRecord {
        FileRecord(
            lfn: ByteString(name), size: size,
            checksums: Checksums(adler32: 0xffff_fffe, md5: Array(0..<16), sha256: Array(100..<132)), collection: "set",
            attributes: ["gpsStart": .integer(815_000_000), "runTag": .text(run), "quality": .number(0.25)])
    }
}
