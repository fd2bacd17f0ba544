import NIOCore
import RLSCore
import Testing

@testable import RLSWire

/// Arguments of every shape survive the way over the wire.
@Suite struct MethodTests {
    private func roundTrip<Arguments: RequestArguments, Item>(
        _ method: Method<Arguments, Item>, _ arguments: Arguments
    ) throws {
        var bytes = ByteBuffer()
        method.encode(arguments, into: &bytes)
        method.encode(arguments, into: &bytes)
        let wanted = bytes
        var scanner = RequestScanner(methods: [(method.name, Arguments.shape)])
        scanner.append(&bytes)
        var again = ByteBuffer()
        while let frame = try scanner.next() {
            var reader = FieldReader(frame.arguments)
            method.encode(try Arguments(from: &reader), into: &again)
            #expect(reader.isAtEnd || reader.isAtListEnd)
        }
        #expect(again == wanted)
        #expect(!scanner.isWaitingForMore)
    }

    @Test func requests() throws {
        let odd = ByteString([0xff, 0x01, 0x22, 0x27, 0x5c, 0x25])
        let assignment = AttributeAssignment(key: odd, kind: .pfn, name: "n", type: .date, value: "")
        try roundTrip(Methods.create, MappingArguments(Mapping(lfn: odd, pfn: "p ")))
        try roundTrip(Methods.getPFN, NamePageArguments(name: odd, page: Page(offset: 7, limit: 100)))
        try roundTrip(Methods.exists, ObjectArguments(name: odd, kind: .pfn))
        try roundTrip(Methods.renameLFN, RenameArguments(old: "a", new: odd))
        try roundTrip(Methods.createBulk, BulkArguments([BulkPair("a", odd), BulkPair("c", "")]))
        try roundTrip(Methods.getPFNBulk, BulkArguments([BulkName]()))
        try roundTrip(Methods.existsBulk, BulkExistsArguments(kind: .lfn, names: ["a", odd]))
        try roundTrip(Methods.attributeCreate, DefineAttributeArguments(.init(name: "n", kind: .lfn, type: .float)))
        try roundTrip(Methods.attributeDelete, UndefineAttributeArguments(name: "n", kind: .pfn, clearsValues: true))
        try roundTrip(Methods.attributeAdd, assignment)
        try roundTrip(Methods.attributeModify, ModifyAttributeArguments(assignment))
        try roundTrip(Methods.attributeRemove, ObjectAttributeArguments(key: "k", name: nil, kind: .lfn))
        try roundTrip(
            Methods.attributeSearch,
            SearchArguments(name: "n", kind: .lfn, comparison: .between, operands: ["1", "2"], page: Page(limit: 5)))
        try roundTrip(Methods.attributeAddBulk, BulkArguments([assignment, assignment]))
        try roundTrip(
            Methods.attributeRemoveBulk, BulkArguments([BulkAttributeRemoval(key: odd, kind: .lfn, name: "n")]))
        try roundTrip(Methods.attributeValueGetBulk, BulkValuesArguments(name: nil, kind: .lfn, keys: ["a", "b"]))
        try roundTrip(Methods.rliAdd, AddRLIArguments(url: "rls://h", flags: 1, pattern: ""))
        try roundTrip(Methods.rliDelete, WordPairArguments("rls://h", ""))
        try roundTrip(Methods.export, ExportArguments(pattern: "a%", after: Mapping(lfn: "l", pfn: "p"), limit: 10))
        try roundTrip(Methods.stats, NoArguments())
    }

    @Test(
        arguments: [
            ("0", 0), ("-1", -1), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
            ("9223372036854775808", nil),
            ("-9223372036854775809", nil), ("", nil), ("-", nil), ("+5", nil), ("1x", nil), (" 1", nil),
            ("99999999999999999999999999", nil), ("007", 7),
        ] as [(String, Int?)])
    func integers(text: String, number: Int?) {
        let bytes = Array(text.utf8)
        #expect(FieldReader.integer(bytes.span) == number)
    }

    @Test func missingStringsAreAnError() {
        #expect(throws: CatalogError.self) {
            var reader = FieldReader(ByteBuffer(string: "no end"))
            _ = try reader.bytes()
        }
    }
}
