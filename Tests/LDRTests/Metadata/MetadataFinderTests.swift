import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct MetadataFinderTests {
    let directory: TemporaryDirectory
    let finder: MetadataFinder

    init() async throws {
        directory = try TemporaryDirectory()
        let store = try await MetadataSite("cit", in: directory).store
        let values: [MetadataValue?] = [.integer(3), nil, .text("x"), .number(2.5), .integer(1), .text("a")]
        let records = values.enumerated().map { index, value in
            FileRecord(
                lfn: ByteString("f\(index)"), size: Int64(index % 3), attributes: value.map { ["key": $0] } ?? [:])
        }
        _ = try store.publish(records)
        finder = MetadataFinder(store)
    }

    private func names(
        _ order: MetadataFinder.Order, offset: Int = 0, limit: Int? = nil,
        _ matches: (FileRecord, String) -> Bool = { _, _ in true }
    ) throws -> [ByteString] {
        try finder.find(sortedBy: order, offset: offset, limit: limit, matches: matches).map(\.record.lfn)
    }

    @Test func byNameItStopsWhenItHasEnough() throws {
        var asked = 0
        let found = try names(.init(.lfn), offset: 1, limit: 2) { _, publisher in
            asked += 1
            return publisher == "cit"
        }
        #expect(found == ["f1", "f2"] && asked == 3)
        #expect(try names(.init(.lfn)).count == 6)
        #expect(try names(.init(.lfn), limit: 0).isEmpty)
        #expect(try names(.init(.lfn), offset: 9).isEmpty)
        #expect(try names(.init(.lfn), offset: -1, limit: -1).isEmpty)
    }

    @Test func inOtherOrders() throws {
        #expect(try names(.init(.lfn, isDescending: true), limit: 2) == ["f5", "f4"])
        #expect(try names(.init(.size)) == ["f0", "f3", "f1", "f4", "f2", "f5"])
        #expect(try names(.init(.size, isDescending: true), offset: 1, limit: 2) == ["f5", "f1"])
        #expect(try names(.init(.attribute("key"))) == ["f4", "f3", "f0", "f5", "f2", "f1"])
        #expect(try names(.init(.attribute("key"), isDescending: true)) == ["f2", "f5", "f0", "f3", "f4", "f1"])
        #expect(try names(.init(.size), offset: -1, limit: 1) == ["f0"])
        #expect(try names(.init(.size), offset: 2) { record, _ in record.size == 2 }.isEmpty)
    }
}
