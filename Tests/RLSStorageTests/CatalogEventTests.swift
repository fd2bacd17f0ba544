import Logging
import NIOConcurrencyHelpers
import RLSCore
import RLSStorage
import RLSStorageSQLite
import RLSTestSupport
import Testing

@Suite struct CatalogEventTests {
    /// Only what changes the set of logical names is told, in order.
    @Test func changesOfTheNamesAreTold() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteCatalogStore(path: directory.file("lrc.db"), logger: Logger(label: "test"))
        defer { store.shutdown() }
        let told = NIOLockedValueBox<[CatalogEvent]>([])
        store.observe { events in told.withLockedValue { $0 += events } }
        let changes: [Change] = [
            .create(Mapping(lfn: "a", pfn: "p")), .create(Mapping(lfn: "a", pfn: "q")),
            .add(Mapping(lfn: "a", pfn: "q")), .ensure(Mapping(lfn: "b", pfn: "p")),
            .delete(Mapping(lfn: "a", pfn: "p")), .delete(Mapping(lfn: "a", pfn: "q")),
            .rename(.lfn, old: "b", new: "c"), .rename(.pfn, old: "p", new: "r"),
            .addRLI(url: "rls://h", flags: 0, pattern: ""), .addRLI(url: "rls://h", flags: 0, pattern: ""), .clear,
        ]
        _ = try await withCheckedContinuation { continuation in
            store.submit(WriteRequest(changes) { continuation.resume(returning: $0) })
        }.get()
        #expect(
            told.withLockedValue { $0 } == [
                .name(.added("a")), .name(.added("b")), .name(.deleted("a")), .name(.deleted("b")),
                .name(.added("c")), .rlisChanged, .cleared,
            ])
    }

    /// A snapshot taken between two commits holds all of the one and nothing of the other.
    @Test func aPinnedReaderStaysWhereItIs() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteCatalogStore(path: directory.file("lrc.db"), logger: Logger(label: "test"))
        defer { store.shutdown() }
        let create = { (name: ByteString) async throws in
            _ = try await withCheckedContinuation { continuation in
                store.submit(
                    WriteRequest([.create(Mapping(lfn: name, pfn: "p"))]) { continuation.resume(returning: $0) })
            }.get()
        }
        try await create("a")
        try await create("a2")
        let reader = NIOLockedValueBox(UncheckedReader(try store.makeReader()))
        try store.betweenCommits { reader.withLockedValue { try? $0.reader.pin() } }
        try await create("b")
        let names = { try reader.withLockedValue { try $0.names() } }
        #expect(try names() == ["a", "a2"])
        reader.withLockedValue { $0.reader.release() }
        #expect(try names() == ["a", "a2", "b"])
        #expect(try store.makeReader().identity().count == 32)
    }
}

/// Used under a lock.
private struct UncheckedReader: @unchecked Sendable {
    let reader: any CatalogReader
    init(_ reader: any CatalogReader) { self.reader = reader }

    func names() throws(StorageError) -> [ByteString] {
        var names: [ByteString] = []
        try reader.lfns(after: nil) { name in
            names.append(ByteString(name))
            return .next
        }
        return names
    }
}
