import NIOCore
import RLSCore
import RLSWire
import Testing

@Suite struct ReplyItemsTests {
    private func check<Item: ReplyItem & Equatable>(_ items: [Item], _ bytes: String) throws {
        var buffer = ByteBuffer()
        for item in items { item.encode(into: &buffer) }
        #expect(spelled(buffer) == bytes)
        var reader = FieldReader(buffer)
        for item in items { #expect(try Item(from: &reader) == item) }
        #expect(reader.isAtEnd)
    }

    @Test func pairs() throws { try check([PairItem("lfn1", "pfn1"), PairItem("url", "")], "lfn1|pfn1|url||") }

    @Test func bulkFailures() throws { try check([BulkFailure(.lfnExists, "a", "b")], "11|a|b|") }

    @Test func bulkLookups() throws {
        let items = [
            BulkLookupItem(.success(PairItem("a", "p"))), BulkLookupItem(.failure(CatalogError(.lfnNotFound, "x"))),
        ]
        try check(items, "0|a|p|12|x|")
    }

    @Test func bulkExists() throws {
        try check([BulkExistsItem(.success, "a"), BulkExistsItem(.pfnNotFound, "x")], "0|a|<empty>|14|x|")
    }

    @Test func updatedServers() throws {
        let server = UpdatedServerItem(url: "rlsn://h", interval: 86_400, flags: 0, lastUpdate: 1_000_000_000)
        try check([server], "rlsn://h|86400|0|1000000000|")
        try check([UpdatedServerInfo(server)], "rlsn://h|86400|0|1000000000|")
    }

    @Test func attributeDefinitions() throws {
        try check(AttributeType.allCases.map { AttributeDefinitionItem(name: "n", type: $0) }, "n|0|n|1|n|2|n|3|")
    }

    @Test func attributeValues() throws {
        let value = AttributeValueItem(name: "size", value: .int(42))
        try check([value, AttributeValueItem(name: "text", value: .string(""))], "size|2|42|text|3||")
        try check(
            [
                BulkAttributeItem(key: "k", .success(value)),
                BulkAttributeItem(key: "x", .failure(CatalogError(.lfnNotFound, "size"))),
            ], "0|k|size|2|42|12|x|size|")
    }

    @Test func exportedItems() throws {
        let items = [
            ExportItem(Mapping(lfn: "a", pfn: "p")), ExportItem(.lfn, attribute: "size", .int(5)),
            ExportItem(.pfn, attribute: "f", .float(1.5)),
        ]
        try check(items, "M|a|p||L|size|2|5|P|f|1|1.5|")
    }

    @Test func unknownKindsAreRefused() {
        var reader = FieldReader(wire("X|a|b|c|"))
        #expect(throws: CatalogError.self) { try ExportItem(from: &reader) }
        var definition = FieldReader(wire("n|4|"))
        #expect(throws: CatalogError(.invalidAttributeType, "4")) { try AttributeDefinitionItem(from: &definition) }
    }
}
