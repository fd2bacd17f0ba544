import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStoragePostgreSQL

@Suite struct PostgreSQLCatalogStoreTests {
    @Test(arguments: CatalogStoreContract.all.map(\.name))
    func contract(name: String) async throws {
        let store = try await TestDatabase().open()
        defer { store.shutdown() }
        let check = try #require(CatalogStoreContract.all.first { $0.name == name }?.check)
        try await check(StoreProbe(store))
    }

    /// With nothing kept in the session, and one partition.
    @Test(arguments: ["mappings", "odd names", "searches", "walks", "agrees with the model"])
    func contractBehindPooler(name: String) async throws {
        let store = try await TestDatabase().open(isPooled: true, partitions: 1)
        defer { store.shutdown() }
        let check = try #require(CatalogStoreContract.all.first { $0.name == name }?.check)
        try await check(StoreProbe(store))
    }

    @Test func dataAndCountsSurviveReopening() async throws {
        let database = try await TestDatabase()
        let first = try database.open()
        _ = try await StoreProbe(first).apply([.create(Mapping(lfn: "a", pfn: "1")), .add(Mapping(lfn: "a", pfn: "2"))])
        first.shutdown()
        let second = try database.open()
        defer { second.shutdown() }
        #expect(second.counts == CatalogCounts(lfns: 1, pfns: 2, mappings: 2))
        #expect(try StoreProbe(second).targets(of: "a") == ["1", "2"])
    }

    /// Names of which an index entry holds only the beginning, alike in it.
    @Test func longNamesAreOrderedAsAWhole() async throws {
        let store = try await TestDatabase().open()
        defer { store.shutdown() }
        let probe = StoreProbe(store)
        let head = ByteString(Array(repeating: 0x68, count: 1_200))
        let names = [head] + (0..<20).map { head + ByteString("\(($0 * 7) % 20)") + head }
        let mappings = names.flatMap { lfn in names.map { Mapping(lfn: lfn, pfn: $0) } }
        #expect(try await probe.apply(mappings.map { .ensure($0) }).allSatisfy { $0 == nil })
        #expect(store.counts == CatalogCounts(lfns: 21, pfns: 21, mappings: 441))
        for step in [1, 10, 1_000] {
            let walked = try probe.walk(by: .lfn, prefix: head, order: .ascending, step: step)
            #expect(walked.map { Mapping(lfn: $0.name, pfn: $0.partner) } == mappings.sorted())
            let down = try probe.walk(by: .pfn, prefix: "h", order: .namesDescending, step: step)
            #expect(down.map(\.name) == mappings.map(\.pfn).sorted(by: >))
        }
        for name in names { #expect(try probe.targets(of: name) == names.sorted()) }
        var scanned: [ByteString] = []
        try store.makeReader().lfns(after: head) {
            scanned.append(ByteString($0))
            return .next
        }
        #expect(scanned == Array(names.sorted().dropFirst()))
        #expect(try await probe.apply(mappings.dropLast().map { .delete($0) }).allSatisfy { $0 == nil })
        #expect(store.counts == CatalogCounts(lfns: 1, pfns: 1, mappings: 1))
        #expect(try await probe.apply(.delete(mappings[0])) == CatalogError(.lfnNotFound, head))
    }

    @Test func prefetchedLookupsAreTheSame() async throws {
        let store = try await TestDatabase().open()
        defer { store.shutdown() }
        let probe = StoreProbe(store)
        let definition = AttributeDefinition(name: "size", kind: .lfn, type: .int)
        let many = (0..<1_500).map { Mapping(lfn: "many", pfn: ByteString("p\($0)")) }
        _ = try await probe.apply(
            many.map { .ensure($0) } + [.create(Mapping(lfn: "a", pfn: "p1")), .defineAttribute(definition)])
        _ = try await probe.apply(
            .setAttribute(AttributeSetting(.add, kind: .lfn, key: "a", name: "size", type: .int, text: "7")))
        let reader = store.makeReader()
        try reader.prefetch([
            .partners(.lfn, "a"), .partners(.lfn, "many"), .partners(.lfn, "none"), .partners(.pfn, "p1"),
            .name(.lfn, "a"), .name(.pfn, "none"), .mapping(Mapping(lfn: "a", pfn: "p1")),
            .mapping(Mapping(lfn: "a", pfn: "p2")), .attributeValues(.lfn, "a"), .attributeValues(.lfn, "many"),
        ])
        // What was not there then is not seen: these come from memory.
        _ = try await probe.apply([.add(Mapping(lfn: "a", pfn: "p2")), .create(Mapping(lfn: "none", pfn: "none"))])
        #expect(try reader.partners(of: .lfn, "a") == ["p1"])
        #expect(try reader.partners(of: .lfn, "none") == [])
        #expect(try reader.partners(of: .pfn, "p1") == ["a", "many"])
        #expect(try reader.partners(of: .lfn, "many") == many.map(\.pfn).sorted())
        let (a, none, one, two) = (Array("a".utf8), Array("none".utf8), Array("p1".utf8), Array("p2".utf8))
        let found = [
            try reader.hasName(.lfn, a.span), try reader.hasName(.pfn, none.span),
            try reader.hasMapping(lfn: a.span, pfn: one.span), try reader.hasMapping(lfn: a.span, pfn: two.span),
        ]
        #expect(found == [true, false, true, false])
        #expect(try reader.attributeValues(.lfn, of: a.span) == [NamedValue(name: "size", value: .int(7))])
        reader.release()
        #expect(try reader.partners(of: .lfn, "a") == ["p1", "p2"])
    }

    /// A group with such names takes the longer way.
    @Test func prefetchedNamesWithTails() async throws {
        let store = try await TestDatabase().open()
        defer { store.shutdown() }
        let head = ByteString([UInt8](repeating: 0x78, count: 1_200))
        let mappings = [
            Mapping(lfn: head, pfn: "p"), Mapping(lfn: head + "1", pfn: "q"), Mapping(lfn: "a", pfn: head + "2"),
            Mapping(lfn: "b", pfn: "r"),
        ]
        #expect(try await StoreProbe(store).apply(mappings.map { .create($0) }).allSatisfy { $0 == nil })
        for names in [["a", "b"], ["b", head], ["b", head + "1"]] as [[ByteString]] {
            let reader = store.makeReader()
            try reader.prefetch(names.map { .partners(.lfn, $0) })
            for name in names {
                let expected = mappings.filter { $0.lfn == name }.map(\.pfn)
                #expect(try reader.partners(of: .lfn, name) == expected)
            }
        }
    }
}

extension CatalogReader {
    func partners(of kind: NameKind, _ name: ByteString) throws -> [ByteString] {
        var found: [ByteString] = []
        try partners(of: kind, name.bytes.span, after: nil) {
            found.append(ByteString($0))
            return .next
        }
        return found
    }
}
