import Logging
import RLSCore
import RLSStorage
import RLSStorageSQLite
import RLSTestSupport
import Testing

@Suite struct SQLiteIndexStoreTests {
    /// Submits and waits.
    private func commit(_ store: SQLiteIndexStore, _ changes: IndexChange...) async throws -> [ChangeFailure] {
        try await withCheckedContinuation { continuation in
            store.submit(WriteRequest(changes) { continuation.resume(returning: $0) })
        }.get()
    }

    private func visible(_ store: SQLiteIndexStore, _ name: ByteString, _ live: Int) throws -> [Int] {
        let reader = try store.makeReader()
        var senders: [Int] = []
        let bytes = name.bytes
        try reader.entries(of: bytes.span) { entry in
            if entry.isVisible(live...live) { senders.append(entry.sender) }
            return .next
        }
        return senders
    }

    private func put(_ sender: Int, _ generation: Int, live: Int, _ names: [ByteString]) -> IndexChange {
        .put(ListPut(sender: sender, generation: generation, visible: live...live, names: names))
    }

    /// A list shows only when it is complete, and then all of it; what it leaves out is gone.
    @Test func aListReplacesTheOneBeforeAtOnce() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteIndexStore(path: directory.file("rli.db"), logger: Logger(label: "test"))
        defer { store.shutdown() }
        _ = try await commit(store, put(1, 10, live: 0, ["a", "b"]))
        #expect(try visible(store, "a", 0).isEmpty)
        #expect(try visible(store, "a", 10) == [1])
        // The next list has b and c; while it is under way the first is as it was.
        _ = try await commit(store, put(1, 11, live: 10, ["b", "c"]))
        #expect(try ["a", "b", "c"].map { try visible(store, $0, 10).count } == [1, 1, 0])
        #expect(try ["a", "b", "c"].map { try visible(store, $0, 11).count } == [0, 1, 1])
        // It is broken off; the one after it has a and b.
        _ = try await commit(store, put(1, 12, live: 10, ["a", "b"]))
        #expect(try ["a", "b", "c"].map { try visible(store, $0, 10).count } == [1, 1, 0])
        #expect(try ["a", "b", "c"].map { try visible(store, $0, 12).count } == [1, 1, 0])
        #expect(store.counts == IndexCounts(lfns: 3, mappings: 3))
    }

    @Test func countsFollowDeletionAndPurge() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteIndexStore(path: directory.file("rli.db"), logger: Logger(label: "test"))
        defer { store.shutdown() }
        _ = try await commit(store, put(1, 5, live: 5, ["a", "b"]), put(2, 5, live: 5, ["b"]))
        #expect(store.counts == IndexCounts(lfns: 2, mappings: 3))
        _ = try await commit(store, .delete(sender: 1, names: ["b", "nosuch"]))
        #expect(store.counts == IndexCounts(lfns: 2, mappings: 2))
        let stale = PurgeEntry(lfn: "a", entry: IndexEntry(sender: 1, first: 5, last: 5))
        let changed = PurgeEntry(lfn: "b", entry: IndexEntry(sender: 2, first: 4, last: 4))
        _ = try await commit(store, .purge([stale, changed]))
        #expect(store.counts == IndexCounts(lfns: 1, mappings: 1))
        #expect(try visible(store, "b", 5) == [2])
    }

    @Test func sendersAndRegistrySurviveARestart() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("rli.db")
        let record = ListSenderRecord(
            id: 7, url: "rls://a", instance: "x", path: ["rls://b", "rls://c"], live: 3, lastUpdate: 4, lastFull: 5,
            interval: 6, names: 8)
        var store = try SQLiteIndexStore(path: path, logger: Logger(label: "test"))
        let refused = try await commit(
            store, .putSender(record), .addRLI(url: "rls://p", flags: 0, pattern: "a*"),
            .addRLI(url: "rls://p", flags: 0, pattern: "a*"), .noteRLIUpdate(url: "rls://p", time: 99))
        #expect(refused.map(\.error) == [CatalogError(.rliExists, "rls://p")])
        store.shutdown()
        store = try SQLiteIndexStore(path: path, logger: Logger(label: "test"))
        defer { store.shutdown() }
        let reader = try store.makeReader()
        #expect(try reader.senders() == [record])
        #expect(try reader.rlis() == [RLIRecord(url: "rls://p", flags: 0, lastUpdate: 99, patterns: ["a*"])])
    }

    @Test func walksResumeInBothOrders() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteIndexStore(path: directory.file("rli.db"), logger: Logger(label: "test"))
        defer { store.shutdown() }
        let names: [ByteString] = ["a", "b1", "b2", "c"]
        for sender in 1...3 { _ = try await commit(store, put(sender, 1, live: 1, names)) }
        let reader = try store.makeReader()
        for order in [MappingOrder.ascending, .namesDescending] {
            var seen: [IndexPosition] = []
            var after: IndexPosition?
            while true {
                var next: IndexPosition?
                try reader.entries(prefix: "b", order: order, after: after) { name, entry in
                    next = IndexPosition(lfn: ByteString(name), sender: entry.sender)
                    return .stop
                }
                guard let found = next else { break }
                seen.append(found)
                after = found
            }
            let expected = (order == .ascending ? ["b1", "b2"] : ["b2", "b1"]).flatMap { name in
                (1...3).map { IndexPosition(lfn: ByteString(name), sender: $0) }
            }
            #expect(seen == expected)
        }
    }

    @Test func aCatalogIsNoIndex() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("lrc.db")
        try SQLiteCatalogStore(path: path, logger: Logger(label: "test")).shutdown()
        #expect(throws: StorageError.self) { try SQLiteIndexStore(path: path, logger: Logger(label: "test")) }
    }
}
