import RLSCore
import RLSStorage
import Testing

/// What every back end must do alike. Each function takes an empty store.
package enum CatalogStoreContract {
    package static let all: [(name: String, check: @Sendable (StoreProbe) async throws -> Void)] = [
        ("mappings", mappings), ("odd names", oddNames), ("counts", counts), ("renames", renames),
        ("attribute rules", attributeRules), ("searches", searches), ("values go with their names", valuesGo),
        ("walks", walks), ("clear", clear), ("index servers", indexServers), ("many writers", manyWriters),
        ("agrees with the model", agreesWithModel), ("a failure undoes nothing else", failuresStandAlone),
        ("values of every type", valuesOfEveryType), ("a reader sees what was acknowledged", readYourWrites),
    ]

    private static func mapping(_ lfn: ByteString, _ pfn: ByteString) -> Mapping { Mapping(lfn: lfn, pfn: pfn) }

    @Sendable private static func mappings(_ probe: StoreProbe) async throws {
        let results = try await probe.apply([
            .create(mapping("a", "1")), .create(mapping("a", "2")), .add(mapping("a", "2")), .add(mapping("a", "2")),
            .add(mapping("b", "2")), .ensure(mapping("a", "1")), .ensure(mapping("b", "1")), .delete(mapping("x", "1")),
            .delete(mapping("a", "x")), .delete(mapping("b", "2")), .delete(mapping("a", "1")),
        ])
        #expect(
            results == [
                nil, CatalogError(.lfnExists, "a"), nil, CatalogError(.mappingExists, "a,2"),
                CatalogError(.lfnNotFound, "b"),
                nil, nil, CatalogError(.lfnNotFound, "x"), CatalogError(.pfnNotFound, "x"),
                CatalogError(.mappingNotFound, "b,2"), nil,
            ])
        #expect(try probe.targets(of: "a") == ["2"])
        #expect(try probe.targets(of: "b") == ["1"])
        let reader = try probe.store.makeReader()
        let (a, two, x) = (Array("a".utf8), Array("2".utf8), Array("x".utf8))
        let found = [
            try reader.hasName(.lfn, a.span), try reader.hasName(.pfn, two.span), try reader.hasName(.lfn, two.span),
            try reader.hasMapping(lfn: a.span, pfn: two.span), try reader.hasMapping(lfn: a.span, pfn: x.span),
        ]
        #expect(found == [true, true, false, true, false])
    }

    @Sendable private static func oddNames(_ probe: StoreProbe) async throws {
        let all = ByteString((1...255).map { UInt8($0) })
        let names: [ByteString] = [
            all, "'; DROP TABLE mapping; --", "back\\slash", "100%", "_", "trailing ", "trailing", "Case", "case", "\"",
            ByteString([0xff]), ByteString([0xff, 0xff]),
            ByteString(Array(repeating: 0xfe, count: NameLimits.maximumLength)),
        ]
        for name in names { #expect(try await probe.apply(.create(mapping(name, name + "!"))) == nil) }
        for name in names { #expect(try probe.targets(of: name) == [name + "!"]) }
        let walked = try probe.walk(by: .lfn, prefix: "", order: .ascending, step: 2).map(\.name)
        #expect(walked == names.sorted())
        #expect(
            try probe.walk(by: .lfn, prefix: ByteString([0xff]), order: .namesDescending, step: 1).map(\.name) == [
                ByteString([0xff, 0xff]), ByteString([0xff]),
            ])
    }

    @Sendable private static func counts(_ probe: StoreProbe) async throws {
        _ = try await probe.apply([
            .create(mapping("a", "1")), .add(mapping("a", "2")), .create(mapping("b", "2")), .create(mapping("b", "3")),
        ])
        #expect(probe.store.counts == CatalogCounts(lfns: 2, pfns: 2, mappings: 3))
        _ = try await probe.apply([.delete(mapping("a", "2")), .delete(mapping("b", "2")), .ensure(mapping("a", "1"))])
        #expect(probe.store.counts == CatalogCounts(lfns: 1, pfns: 1, mappings: 1))
    }

    @Sendable private static func renames(_ probe: StoreProbe) async throws {
        _ = try await probe.apply([
            .create(mapping("a", "1")), .add(mapping("a", "2")), .create(mapping("b", "3")),
            .defineAttribute(AttributeDefinition(name: "n", kind: .lfn, type: .int)),
            .setAttribute(AttributeSetting(.add, kind: .lfn, key: "a", name: "n", type: .int, text: "5")),
        ])
        let results = try await probe.apply([
            .rename(.lfn, old: "x", new: "y"), .rename(.lfn, old: "a", new: "b"), .rename(.lfn, old: "a", new: "c"),
            .rename(.pfn, old: "1", new: "3"), .rename(.pfn, old: "1", new: "9"),
        ])
        #expect(
            results == [
                CatalogError(.lfnNotFound, "x"), CatalogError(.lfnExists, "b"), nil, CatalogError(.pfnExists, "3"), nil,
            ])
        #expect(try probe.targets(of: "a").isEmpty)
        #expect(try probe.targets(of: "c") == ["2", "9"])
        #expect(try probe.values(of: "c") == [NamedValue(name: "n", value: .int(5))])
        #expect(probe.store.counts == CatalogCounts(lfns: 2, pfns: 3, mappings: 3))
    }

    private static func set(_ mode: AttributeSetting.Mode, _ key: ByteString, _ type: AttributeType, _ text: ByteString)
        -> Change
    {
        .setAttribute(AttributeSetting(mode, kind: .lfn, key: key, name: "n", type: type, text: text))
    }

    @Sendable private static func attributeRules(_ probe: StoreProbe) async throws {
        let definition = AttributeDefinition(name: "n", kind: .lfn, type: .int)
        let results = try await probe.apply([
            .create(mapping("a", "1")), .defineAttribute(definition), .defineAttribute(definition),
            set(.add, "x", .int, "1"), set(.add, "a", .string, "1"), set(.add, "a", .int, "one"),
            set(.modify, "a", .int, "1"),
            set(.add, "a", .int, "1"), set(.add, "a", .int, "2"), set(.modify, "a", .int, "2"),
            set(.ensure, "a", .int, "3"),
            .undefineAttribute(.lfn, name: "n", clearsValues: false),
            .undefineAttribute(.pfn, name: "n", clearsValues: true),
            .removeAttribute(.lfn, key: "a", name: "zz"), .removeAttribute(.lfn, key: "x", name: "n"),
            .removeAttribute(.lfn, key: "a", name: "n"), .removeAttribute(.lfn, key: "a", name: "n"),
            .undefineAttribute(.lfn, name: "n", clearsValues: false),
        ])
        #expect(
            results == [
                nil, nil, CatalogError(.attributeExists, "n"), CatalogError(.lfnNotFound, "x"),
                CatalogError(.invalidAttributeType, "specified 3 should be 2"), CatalogError(.badArgument, "one"),
                CatalogError(.attributeValueNotFound, "n"), nil, CatalogError(.attributeExists, "n"), nil, nil,
                CatalogError(.attributeInUse, "n"), CatalogError(.attributeNotFound, "n"),
                CatalogError(.attributeNotFound, "zz"), CatalogError(.lfnNotFound, "x"), nil,
                CatalogError(.attributeNotFound, "a: n"), nil,
            ])
    }

    @Sendable private static func searches(_ probe: StoreProbe) async throws {
        func fill(_ name: ByteString, _ type: AttributeType, _ values: [ByteString]) async throws {
            var changes: [Change] = [.defineAttribute(AttributeDefinition(name: name, kind: .lfn, type: type))]
            for (index, value) in values.enumerated() {
                changes.append(.ensure(mapping("k\(index)", "p")))
                changes.append(
                    .setAttribute(
                        AttributeSetting(.add, kind: .lfn, key: "k\(index)", name: name, type: type, text: value)))
            }
            #expect(try await probe.apply(changes).allSatisfy { $0 == nil })
        }
        try await fill("i", .int, ["-5", "7", "10", "7"])
        try await fill("f", .float, ["1.5", "-2", "1e10", "3"])
        try await fill(
            "d", .date, ["2001-01-01 00:00:00", "19991231235959", "2020-02-29 12:00:00", "2001-01-01 00:00:01"])
        try await fill("s", .string, ["b", "a%", "ab", ""])
        #expect(try probe.search("i", .any) == ["k0", "k1", "k3", "k2"])
        #expect(try probe.search("i", .any, step: 1) == ["k0", "k1", "k3", "k2"])
        #expect(try probe.search("i", .equal(.int(7)), step: 1) == ["k1", "k3"])
        #expect(try probe.search("i", .notEqual(.int(7))) == ["k0", "k2"])
        #expect(try probe.search("i", .greater(.int(7))) == ["k2"])
        #expect(try probe.search("i", .greaterOrEqual(.int(7))) == ["k1", "k3", "k2"])
        #expect(try probe.search("i", .less(.int(7))) == ["k0"])
        #expect(try probe.search("i", .lessOrEqual(.int(7)), step: 2) == ["k0", "k1", "k3"])
        #expect(try probe.search("i", .between(.int(7), .int(10)), step: 2) == ["k1", "k3", "k2"])
        #expect(try probe.search("f", .less(.float(2))) == ["k1", "k0"])
        let day = try #require(CatalogDate("2001-01-01 00:00:00"))
        #expect(try probe.search("d", .greaterOrEqual(.date(day))) == ["k0", "k3", "k2"])
        #expect(try probe.search("s", .any) == ["k3", "k1", "k2", "k0"])
        #expect(try probe.search("s", .like(SQLPattern("a%"))) == ["k1", "k2"])
        #expect(try probe.search("s", .like(SQLPattern("a\\%")), step: 1) == ["k1"])
        #expect(try probe.search("s", .equal(.string(""))) == ["k3"])
    }

    @Sendable private static func valuesGo(_ probe: StoreProbe) async throws {
        let definition = AttributeDefinition(name: "n", kind: .lfn, type: .int)
        _ = try await probe.apply([
            .defineAttribute(definition), .create(mapping("a", "1")), .add(mapping("a", "2")),
            set(.add, "a", .int, "1"),
            .delete(mapping("a", "1")),
        ])
        #expect(try probe.values(of: "a").count == 1)
        _ = try await probe.apply([.delete(mapping("a", "2")), .create(mapping("a", "3"))])
        #expect(try probe.values(of: "a").isEmpty)
        #expect(try probe.search("n", .any).isEmpty)
        #expect(try await probe.apply(.undefineAttribute(.lfn, name: "n", clearsValues: false)) == nil)
    }

    @Sendable private static func walks(_ probe: StoreProbe) async throws {
        let names = (0..<300).map { ByteString("lfn\($0 % 100)") }
        let wanted = Set(names.enumerated().map { mapping($1, "pfn\($0)") })
        _ = try await probe.apply(wanted.map { .ensure($0) } + [.ensure(mapping("other", "pfn0"))])
        for step in [1, 7, 1_000] {
            let up = try probe.walk(by: .lfn, prefix: "lfn", order: .ascending, step: step)
            #expect(up.map { mapping($0.name, $0.partner) } == wanted.sorted())
            let down = try probe.walk(by: .lfn, prefix: "lfn", order: .namesDescending, step: step)
            let expected = wanted.sorted { $0.lfn == $1.lfn ? $0.pfn < $1.pfn : $0.lfn > $1.lfn }
            #expect(down.map { mapping($0.name, $0.partner) } == expected)
        }
        let targets = try probe.walk(by: .pfn, prefix: "pfn0", order: .namesDescending, step: 1)
        #expect(targets.map(\.partner) == ["lfn0", "other"])
    }

    @Sendable private static func clear(_ probe: StoreProbe) async throws {
        _ = try await probe.apply([
            .create(mapping("a", "1")), .defineAttribute(AttributeDefinition(name: "n", kind: .lfn, type: .int)),
            set(.add, "a", .int, "1"), .addRLI(url: "rls://h", flags: 0, pattern: ""),
        ])
        #expect(
            try await probe.apply([.create(mapping("b", "2")), .clear, .create(mapping("c", "3"))]) == [nil, nil, nil])
        #expect(probe.store.counts == CatalogCounts(lfns: 1, pfns: 1, mappings: 1))
        #expect(try probe.targets(of: "a").isEmpty)
        #expect(try probe.store.makeReader().attributeDefinitions(.lfn).count == 1)
        #expect(try probe.store.makeReader().rlis().count == 1)
    }

    @Sendable private static func indexServers(_ probe: StoreProbe) async throws {
        let results = try await probe.apply([
            .addRLI(url: "rls://a", flags: 1, pattern: ""), .addRLI(url: "rls://a", flags: 1, pattern: ""),
            .addRLI(url: "rls://b", flags: 0, pattern: "x*"), .addRLI(url: "rls://b", flags: 0, pattern: "y*"),
            .addRLI(url: "rls://b", flags: 0, pattern: "x*"), .deleteRLI(url: "rls://b", pattern: "z*"),
            .deleteRLI(url: "rls://c", pattern: ""), .deleteRLI(url: "rls://b", pattern: "x*"),
        ])
        #expect(
            results == [
                nil, CatalogError(.rliExists, "rls://a"), nil, nil, CatalogError(.rliExists, "rls://b"),
                CatalogError(.rliNotFound, "rls://b: z*"), CatalogError(.rliNotFound, "rls://c"), nil,
            ])
        #expect(try probe.store.makeReader().rlis().map(\.patterns) == [["y*"], []])
        // The last pattern takes the server with it: it must not be told of everything.
        #expect(try await probe.apply(.deleteRLI(url: "rls://b", pattern: "y*")) == nil)
        #expect(try probe.store.makeReader().rlis().map(\.url) == ["rls://a"])
    }

    private static func write(_ writer: Int, _ probe: StoreProbe) async throws {
        for number in 0..<50 {
            let name = ByteString("w\(writer)-\(number)")
            #expect(try await probe.apply(.create(mapping(name, name))) == nil)
            #expect(try probe.targets(of: name) == [name])
            let shared = try await probe.apply(.create(mapping("shared\(number)", name)))
            #expect(shared == nil || shared?.code == .lfnExists)
        }
    }

    /// Who has an answer sees what it says, also through a reader that was there before.
    @Sendable private static func manyWriters(_ probe: StoreProbe) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask { try await write(writer, probe) }
            }
            try await group.waitForAll()
        }
        #expect(probe.store.counts == CatalogCounts(lfns: 450, pfns: 400, mappings: 450))
        let reader = try probe.store.makeReader()
        let name = Array("late".utf8)
        let before = try reader.hasName(.lfn, name.span)
        #expect(!before)
        _ = try await probe.apply(.create(mapping("late", "p")))
        let after = try reader.hasName(.lfn, name.span)
        #expect(after)
    }
}
