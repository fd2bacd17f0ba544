import RLSCore
import RLSStorage
import Testing

/// What every back end of an index must do alike. Each function takes an empty store.
package enum IndexStoreContract {
    package static let all: [(name: String, check: @Sendable (IndexProbe) async throws -> Void)] = [
        ("a list replaces the one before at once", lists), ("counts", counts), ("senders", senders),
        ("index servers", indexServers), ("walks", walks), ("odd names", oddNames), ("long names", longNames),
        ("repeats", repeats), ("many names", manyNames), ("read ahead", readAhead),
        ("a reader sees what was acknowledged", readYourWrites), ("agrees with the model", agreesWithModel),
        ("many writers", manyWriters),
    ]

    static func put(_ sender: Int, _ generation: Int, live: Int, _ names: [ByteString]) -> IndexChange {
        .put(ListPut(sender: sender, generation: generation, visible: live...live, names: names))
    }

    /// A list shows only when it is complete, and then all of it; what it leaves out is gone.
    @Sendable private static func lists(_ probe: IndexProbe) async throws {
        try await probe.commit(put(1, 10, live: 0, ["a", "b"]))
        #expect(try probe.visible("a", 0).isEmpty)
        #expect(try probe.visible("a", 10) == [1])
        // The next list has b and c; while it is under way the first is as it was.
        try await probe.commit(put(1, 11, live: 10, ["b", "c"]))
        #expect(try ["a", "b", "c"].map { try probe.visible($0, 10).count } == [1, 1, 0])
        #expect(try ["a", "b", "c"].map { try probe.visible($0, 11).count } == [0, 1, 1])
        // It is broken off; the one after it has a and b.
        try await probe.commit(put(1, 12, live: 10, ["a", "b"]))
        #expect(try ["a", "b", "c"].map { try probe.visible($0, 10).count } == [1, 1, 0])
        #expect(try ["a", "b", "c"].map { try probe.visible($0, 12).count } == [1, 1, 0])
        #expect(probe.store.counts == IndexCounts(lfns: 3, mappings: 3))
    }

    @Sendable private static func counts(_ probe: IndexProbe) async throws {
        try await probe.commit(put(1, 5, live: 5, ["a", "b"]), put(2, 5, live: 5, ["b"]))
        #expect(probe.store.counts == IndexCounts(lfns: 2, mappings: 3))
        try await probe.commit(.delete(sender: 1, names: ["b", "nosuch"]))
        #expect(probe.store.counts == IndexCounts(lfns: 2, mappings: 2))
        let stale = PurgeEntry(lfn: "a", entry: IndexEntry(sender: 1, first: 5, last: 5))
        let changed = PurgeEntry(lfn: "b", entry: IndexEntry(sender: 2, first: 4, last: 4))
        try await probe.commit(.purge([stale, changed]))
        #expect(probe.store.counts == IndexCounts(lfns: 1, mappings: 1))
        #expect(try probe.visible("b", 5) == [2])
        // Two of three senders of one name go in one request, twice told.
        try await probe.commit(put(1, 5, live: 5, ["b"]), put(3, 6, live: 6, ["b"]))
        let gone = [1, 3].map { sender in
            PurgeEntry(
                lfn: "b", entry: IndexEntry(sender: sender, first: sender == 1 ? 5 : 6, last: sender == 1 ? 5 : 6))
        }
        try await probe.commit(.purge(gone + gone))
        #expect(probe.store.counts == IndexCounts(lfns: 1, mappings: 1))
        try await probe.commit(.delete(sender: 2, names: ["b", "b"]))
        #expect(probe.store.counts == IndexCounts())
    }

    @Sendable private static func senders(_ probe: IndexProbe) async throws {
        var record = ListSenderRecord(
            id: 7, url: "rls://a", instance: "x", path: ["rls://b", "rls://c"], live: 3, lastUpdate: 4, lastFull: 5,
            interval: 6, names: 8)
        let other = ListSenderRecord(id: 1 << 61, url: "rls://a", instance: "y")
        try await probe.commit(.putSender(record), .putSender(other))
        #expect(try probe.store.makeReader().senders() == [record, other])
        record.path = []
        (record.live, record.generation, record.lastUpdate, record.lastFull) = (9, 9, 10, 11)
        (record.interval, record.names) = (0, 0)
        try await probe.commit(.putSender(record))
        #expect(try probe.store.makeReader().senders() == [record, other])
        // The same catalog by a number of its own.
        let again = ListSenderRecord(id: 8, url: "rls://a", instance: "x", live: 12)
        try await probe.commit(.putSender(again), .removeSender(1 << 61), .removeSender(99))
        #expect(try probe.store.makeReader().senders() == [again])
    }

    @Sendable private static func indexServers(_ probe: IndexProbe) async throws {
        let refused = try await probe.commit(
            put(1, 1, live: 1, ["a"]), .addRLI(url: "rls://p", flags: 0, pattern: "a*"),
            .addRLI(url: "rls://p", flags: 0, pattern: "a*"), .noteRLIUpdate(url: "rls://p", time: 99),
            put(1, 1, live: 1, ["b"]), .deleteRLI(url: "rls://q", pattern: ""))
        #expect(
            refused == [
                ChangeFailure(index: 2, error: CatalogError(.rliExists, "rls://p")),
                ChangeFailure(index: 5, error: CatalogError(.rliNotFound, "rls://q")),
            ])
        #expect(
            try probe.store.makeReader().rlis() == [
                RLIRecord(url: "rls://p", flags: 0, lastUpdate: 99, patterns: ["a*"])
            ])
        #expect(probe.store.counts == IndexCounts(lfns: 2, mappings: 2))
        try await probe.commit(.deleteRLI(url: "rls://p", pattern: ""))
        #expect(try probe.store.makeReader().rlis().isEmpty)
    }

    @Sendable private static func walks(_ probe: IndexProbe) async throws {
        for sender in 1...3 { try await probe.commit(put(sender, 1, live: 1, ["a", "b1", "b2", "c"])) }
        for (order, names) in [(MappingOrder.ascending, ["b1", "b2"]), (.namesDescending, ["b2", "b1"])] {
            let expected = names.flatMap { name in
                (1...3).map {
                    PurgeEntry(lfn: ByteString(name), entry: IndexEntry(sender: $0, first: 1, last: 1))
                }
            }
            for step in 1...7 { #expect(try probe.walk(prefix: "b", order: order, step: step) == expected) }
            #expect(try probe.walk(prefix: "d", order: order, step: 2).isEmpty)
            #expect(try probe.walk(prefix: "", order: order, step: 5).count == 12)
        }
    }

    @Sendable private static func readAhead(_ probe: IndexProbe) async throws {
        let long = ByteString(Array(repeating: 0x61, count: 3_000))
        for sender in 1...3 { try await probe.commit(put(sender, 1, live: 1, ["a", long])) }
        try await probe.commit(put(2, 1, live: 1, ["b"]))
        let reader = try probe.store.makeReader()
        try reader.prefetch([])
        try reader.prefetch(["b", "a", "none", long, "a"])
        let found = try ["a", "b", "none", long, "other"].map { try IndexProbe.entries(of: $0, reader).map(\.sender) }
        #expect(found == [[1, 2, 3], [2], [], [1, 2, 3], []])
        reader.release()
        try await probe.commit(put(1, 1, live: 1, ["none"]))
        #expect(try IndexProbe.entries(of: "none", reader).map(\.sender) == [1])
    }

    /// Readers that were there before, that look all the time, and that hold nothing.
    @Sendable private static func readYourWrites(_ probe: IndexProbe) async throws {
        let (old, other) = (try probe.store.makeReader(), try probe.store.makeReader())
        for number in 0..<100 {
            let name = ByteString("n\(number)")
            let before = [try IndexProbe.entries(of: name, old), try IndexProbe.entries(of: name, other)]
            #expect(before == [[], []])
            if number % 3 == 0 { old.release() }
            try await probe.commit(put(1, 1, live: 1, [name]))
            let after = [try IndexProbe.entries(of: name, old), try IndexProbe.entries(of: name, other)]
            #expect(after.map(\.count) == [1, 1])
        }
    }

    /// Requests that are committed together.
    @Sendable private static func manyWriters(_ probe: IndexProbe) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 1...20 {
                group.addTask {
                    for part in 0..<5 {
                        let names = (0..<20).map { ByteString("n\(part * 20 + $0)") }
                        try await probe.commit(put(sender, 1, live: 1, names + ["own\(sender)-\(part)"]))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(probe.store.counts == IndexCounts(lfns: 200, mappings: 2_100))
        #expect(try probe.entries(of: "n42").map(\.sender) == Array(1...20))
    }
}
