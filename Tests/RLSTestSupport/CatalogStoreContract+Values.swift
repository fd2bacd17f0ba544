import RLSCore
import RLSStorage
import Testing

extension CatalogStoreContract {
    /// In one request, and in requests that are committed together.
    @Sendable static func failuresStandAlone(_ probe: StoreProbe) async throws {
        let outcomes = try await withThrowingTaskGroup(of: [CatalogError?].self) { group in
            for number in 0..<50 {
                let mapping = Mapping(lfn: "l\(number)", pfn: "p")
                group.addTask { try await probe.apply([.create(mapping), .create(mapping), .ensure(mapping)]) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == 50)
        for outcome in outcomes { #expect(outcome.map { $0?.code } == [nil, .lfnExists, nil]) }
        #expect(probe.store.counts == CatalogCounts(lfns: 50, pfns: 1, mappings: 50))
    }

    @Sendable static func valuesOfEveryType(_ probe: StoreProbe) async throws {
        let texts: [(AttributeType, [ByteString])] = [
            (.date, ["00010101000000", "20020829101112", "99991231235959"]),
            (.float, ["-1.7976931348623157e+308", "-0.1", "0.0", "5e-324", "0.30000000000000004", "1e+16"]),
            (.int, ["-9223372036854775808", "-1", "0", "9007199254740993", "9223372036854775807"]),
            (
                .string,
                ["", " blank ", "42", "it's \"\\%_", ByteString([0xff]), ByteString(repeatElement(0xff, count: 4_096))]
            ),
        ]
        for kind in NameKind.allCases {
            for (type, values) in texts {
                let name = ByteString(type.name)
                var changes: [Change] = [.defineAttribute(AttributeDefinition(name: name, kind: kind, type: type))]
                for (index, text) in values.enumerated() {
                    let key = ByteString("key\(index)")
                    changes.append(.ensure(Mapping(lfn: key, pfn: key)))
                    let setting = AttributeSetting(.add, kind: kind, key: key, name: name, type: type, text: text)
                    changes.append(.setAttribute(setting))
                }
                #expect(try await probe.apply(changes).allSatisfy { $0 == nil })
                let reader = try probe.store.makeReader()
                for (index, text) in values.enumerated() {
                    let key = Array("key\(index)".utf8)
                    let stored = try reader.attributeValues(kind, of: key.span).first { $0.name == name }
                    #expect(stored?.value == AttributeValue(text, as: type))
                }
                // The samples stand in order, and so must a search give them.
                let definition = try #require(try reader.attributeDefinition(kind, name))
                var found: [AttributeValue?] = []
                try reader.search(definition, .any, after: nil) { _, value, _ in
                    found.append(value)
                    return .next
                }
                #expect(found == values.map { AttributeValue($0, as: type) })
            }
        }
        // By type and then name; a name may have values of all four.
        #expect(try probe.values(of: "key0").map(\.name) == ["date", "float", "int", "string"])
    }

    /// Readers that were there before, that look all the time, and that hold nothing.
    @Sendable static func readYourWrites(_ probe: StoreProbe) async throws {
        let (old, other) = (try probe.store.makeReader(), try probe.store.makeReader())
        for number in 0..<100 {
            let name = Array("n\(number)".utf8)
            let before = [try old.hasName(.lfn, name.span), try other.hasName(.lfn, name.span)]
            #expect(before == [false, false])
            if number % 3 == 0 { old.release() }
            _ = try await probe.apply(.create(Mapping(lfn: ByteString(name), pfn: "p")))
            let after = [try old.hasName(.lfn, name.span), try other.hasName(.lfn, name.span)]
            #expect(after == [true, true])
        }
    }
}
