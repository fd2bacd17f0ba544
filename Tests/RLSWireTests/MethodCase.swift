import NIOCore
import RLSCore
import RLSTestSupport
import RLSWire
import Testing

/// A method of the table with examples of its arguments as bytes, and its decoder followed by its encoder.
struct MethodCase: Sendable, CustomTestStringConvertible {
    let name: ByteString
    let shape: ArgumentShape
    let requests: [ByteBuffer]
    let reencode: @Sendable (ByteBuffer) throws -> (bytes: ByteBuffer, isUsedUp: Bool)

    var testDescription: String { name.description }

    init<Arguments, Item>(_ method: Method<Arguments, Item>, _ examples: [Arguments]) {
        name = method.name
        shape = Arguments.shape
        requests = examples.map { example in
            var buffer = ByteBuffer()
            method.encode(example, into: &buffer)
            return buffer
        }
        reencode = { bytes in
            var reader = FieldReader(bytes)
            let arguments = try Arguments(from: &reader)
            // A list's end mark may be left: the reader stops before it.
            let isUsedUp = reader.isAtEnd || reader.isAtListEnd
            var buffer = ByteBuffer()
            method.encode(arguments, into: &buffer)
            return (buffer, isUsedUp)
        }
    }

    static let shapes: [(name: ByteString, shape: ArgumentShape)] =
        all.map { ($0.name, $0.shape) }

    static let all: [MethodCase] = mappings + bulk + attributes + server + index + updates

    private static let odd = ByteString([0xff, 0x27, 0x5c, 0x25, 0x20, 0x01])
    private static let page = Page(offset: 3, limit: 100)
    private static let pairs = [Mapping(lfn: "lfn1", pfn: "pfn1"), Mapping(lfn: odd, pfn: "a b ")]
    private static let bulkPairs = BulkArguments([BulkPair("a", "b"), BulkPair("c", ""), BulkPair(odd, "d")])
    private static let names: [ByteString] = ["a", odd, "c"]

    private static let mappings: [MethodCase] = [
        .init(Methods.create, pairs.map { MappingArguments($0) }),
        .init(Methods.add, pairs.map { MappingArguments($0) }),
        .init(Methods.delete, pairs.map { MappingArguments($0) }),
        .init(Methods.clear, [NoArguments()]),
        .init(Methods.exists, NameKind.allCases.map { ObjectArguments(name: odd, kind: $0) }),
        .init(Methods.mappingExists, pairs.map { MappingArguments($0) }),
        .init(Methods.getPFN, [NamePageArguments(name: "lfn1"), NamePageArguments(name: odd, page: page)]),
        .init(Methods.getLFN, [NamePageArguments(name: "pfn1"), NamePageArguments(name: odd, page: page)]),
        .init(Methods.getPFNWildcard, [NamePageArguments(name: "lfn%", page: page)]),
        .init(Methods.getLFNWildcard, [NamePageArguments(name: #"a\_%"#, page: page)]),
        .init(Methods.renameLFN, [RenameArguments(old: "a", new: odd)]),
        .init(Methods.renamePFN, [RenameArguments(old: odd, new: "b")]),
    ]

    private static let bulk: [MethodCase] = [
        .init(Methods.createBulk, [bulkPairs, BulkArguments([])]),
        .init(Methods.addBulk, [bulkPairs]),
        .init(Methods.deleteBulk, [bulkPairs]),
        .init(Methods.renameLFNBulk, [bulkPairs]),
        .init(Methods.renamePFNBulk, [bulkPairs]),
        .init(Methods.ensureBulk, [bulkPairs]),
        .init(Methods.getPFNBulk, [BulkArguments(names.map { BulkName($0) }), BulkArguments([])]),
        .init(Methods.getLFNBulk, [BulkArguments(names.map { BulkName($0) })]),
        .init(Methods.existsBulk, [BulkExistsArguments(kind: .pfn, names: names)]),
    ]

    private static let assignments = [
        AttributeAssignment(key: "lfn1", kind: .lfn, name: "when", type: .date, value: "20020829101112"),
        AttributeAssignment(key: odd, kind: .pfn, name: odd, type: .string, value: ""),
    ]

    private static let attributes: [MethodCase] = [
        .init(
            Methods.attributeCreate,
            AttributeType.allCases.map {
                DefineAttributeArguments(AttributeDefinition(name: "size", kind: .lfn, type: $0))
            }),
        .init(
            Methods.attributeDelete,
            [true, false].map { UndefineAttributeArguments(name: "size", kind: .pfn, clearsValues: $0) }),
        .init(Methods.attributeGet, [AttributeListArguments(name: nil, kind: .lfn), .init(name: odd, kind: .pfn)]),
        .init(Methods.attributeAdd, assignments),
        .init(Methods.attributeModify, assignments.map { ModifyAttributeArguments($0) }),
        .init(Methods.attributeRemove, [ObjectAttributeArguments(key: "lfn1", name: "size", kind: .lfn)]),
        .init(Methods.attributeValueGet, [nil, "size"].map { .init(key: odd, name: $0, kind: .lfn) }),
        .init(
            Methods.attributeSearch,
            [
                SearchArguments(name: "size", kind: .lfn, comparison: .greater, operands: ["10"], page: page),
                SearchArguments(name: "size", kind: .pfn, comparison: .between, operands: ["1", "2"]),
                SearchArguments(name: "size", kind: .lfn, comparison: .all),
            ]),
        .init(Methods.attributeAddBulk, [BulkArguments(assignments)]),
        .init(Methods.attributeEnsureBulk, [BulkArguments(assignments)]),
        .init(
            Methods.attributeRemoveBulk,
            [BulkArguments(names.map { BulkAttributeRemoval(key: $0, kind: .lfn, name: "size") })]),
        .init(
            Methods.attributeValueGetBulk,
            [nil, "size"].map { BulkValuesArguments(name: $0, kind: .lfn, keys: names) }),
    ]

    private static let server: [MethodCase] = [
        .init(Methods.rliAdd, [AddRLIArguments(url: "rlsn://h:39281", flags: 1, pattern: "lfn*")]),
        .init(Methods.rliDelete, [WordPairArguments("rlsn://h:39281", "")]),
        .init(Methods.rliPartitions, [WordPairArguments("", "")]),
        .init(Methods.rliInfo, [WordArguments("rlsn://h:39281")]),
        .init(Methods.rliList, [NoArguments()]),
        .init(Methods.close, [NoArguments()]),
        .init(Methods.admin, [WordArguments("0")]),
        .init(Methods.getConfiguration, [WordArguments("all"), WordArguments("")]),
        .init(Methods.setConfiguration, [WordPairArguments("loglevel", "debug")]),
        .init(Methods.stats, [NoArguments()]),
        .init(Methods.capabilities, [NoArguments()]),
        .init(
            Methods.export,
            [ExportArguments(pattern: "%", after: nil, limit: 0), .init(pattern: "", after: pairs[1], limit: 9)]),
    ]

    private static let index: [MethodCase] = [
        .init(Methods.indexExists, NameKind.allCases.map { ObjectArguments(name: odd, kind: $0) }),
        .init(Methods.indexExistsBulk, [BulkExistsArguments(kind: .lfn, names: names)]),
        .init(Methods.indexMappingExists, [MappingArguments(Mapping(lfn: odd, pfn: "rls://lrc"))]),
        .init(Methods.getLRC, [NamePageArguments(name: odd, page: page)]),
        .init(Methods.getLRCWildcard, [NamePageArguments(name: "lfn%", page: page)]),
        .init(Methods.getLRCBulk, [BulkArguments(names.map { BulkName($0) })]),
        .init(Methods.lrcList, [NoArguments()]),
        .init(Methods.senderList, [NoArguments()]),
        .init(Methods.parentAdd, [AddRLIArguments(url: "rlsn://h:39281", flags: 1, pattern: "lfn*")]),
        .init(Methods.parentDelete, [WordPairArguments("rlsn://h:39281", "")]),
        .init(Methods.parentPartitions, [WordPairArguments("", "")]),
        .init(Methods.parentInfo, [WordArguments("rlsn://h:39281")]),
        .init(Methods.parentList, [NoArguments()]),
        .init(Methods.softState, [NoArguments()]),
    ]

    private static let raw = ByteBuffer(bytes: [0, 255, 0, 7])
    private static let origin = UpdateOrigin(
        url: "rls://lrc", instance: "8a", path: ["rls://a", "rls://b"], interval: 300)
    private static let changes: [NameChange] = [.added("lfn1"), .deleted(odd)]

    private static let updates: [MethodCase] = [
        .init(
            Methods.listUpdate,
            [ListUpdateArguments(sender: "rls://lrc", changes: changes), .init(sender: "rls://lrc", changes: [])]),
        .init(
            Methods.filterUpdate,
            [FilterUpdateArguments(sender: "rls://lrc", bits: 25, hashes: 3, interval: 900, filter: raw)]),
        .init(
            Methods.wholeFilter,
            [
                WholeFilterArguments(
                    origin: origin, hashing: 1, bits: 32, hashes: 7, names: 5,
                    version: FilterVersion(epoch: "e", number: 12), filter: raw)
            ]),
        .init(
            Methods.filterDelta,
            [raw, ByteBuffer()].map {
                FilterDeltaArguments(
                    origin: origin, names: 5, old: FilterVersion(epoch: "e", number: 12), newNumber: 14, delta: $0)
            }),
        .init(Methods.listBegin, [ListBeginArguments(origin)]),
        .init(Methods.listPart, [ListPartArguments(url: "rls://lrc", instance: "8a", token: 4, names: names)]),
        .init(Methods.listEnd, [ListEndArguments(url: "rls://lrc", instance: "8a", token: 4, names: 3)]),
        .init(Methods.listChanges, [changes, []].map { ListChangesArguments(origin: origin, changes: $0) }),
    ]
}
