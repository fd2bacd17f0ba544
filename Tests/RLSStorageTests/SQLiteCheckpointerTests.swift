import Foundation
import Logging
import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStorageSQLite

@Suite struct SQLiteCheckpointerTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func size(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    /// Thousands of small commits, each of several pages: the log is moved and begun anew many times.
    @Test func theLogStaysShortUnderSmallCommits() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteCatalogStore(path: directory.file("lrc.db"), logger: Self.logger)
        let probe = StoreProbe(store)
        var random = SeededGenerator(seed: 7)
        for _ in 0..<3_000 {
            let name = ByteString("\(random.next())" + String(repeating: "x", count: 500))
            _ = try await probe.apply(.create(Mapping(lfn: name, pfn: name + "y")))
        }
        // 3000 commits of four pages at least would be 98 MB.
        #expect(try Self.size(directory.file("lrc.db-wal")) < 48 << 20)
        #expect(store.counts.mappings == 3_000)
        store.shutdown()
        // Emptied, or gone with the last connection.
        #expect((try? Self.size(directory.file("lrc.db-wal"))) ?? 0 == 0)
    }

    /// What was acknowledged is in the files, though the store never shut down: as after kill -9.
    @Test func aCopyOfTheFilesHasEverything() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteCatalogStore(path: directory.file("lrc.db"), logger: Self.logger)
        let probe = StoreProbe(store)
        for number in 0..<200 { _ = try await probe.apply(.create(Mapping(lfn: "l\(number)", pfn: "p\(number)"))) }
        for suffix in ["", "-wal"] {
            let (from, to) = (directory.file("lrc.db" + suffix), directory.file("copy.db" + suffix))
            try FileManager.default.copyItem(atPath: from, toPath: to)
        }
        store.shutdown()
        let copy = try SQLiteCatalogStore(path: directory.file("copy.db"), logger: Self.logger)
        defer { copy.shutdown() }
        #expect(copy.counts == CatalogCounts(lfns: 200, pfns: 200, mappings: 200))
        #expect(try StoreProbe(copy).targets(of: "l199") == ["p199"])
    }
}
