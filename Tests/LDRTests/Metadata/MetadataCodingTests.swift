import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct MetadataCodingTests {
    @Test func attributesComeBackInAnyOrder() throws {
        let attributes: [String: MetadataValue] = [
            "b": .integer(.min), "a": .integer(.max), "é": .text("x\0\n"), "": .text(""),
            "z": .number(-0.5), "y": .integer(-1), "w": .text(String(repeating: "long", count: 100)),
        ].filter { !$0.key.isEmpty }
        let bytes = try AttributeCodec.encode(attributes)
        #expect(try AttributeCodec.decode(bytes) == attributes)
        for _ in 0..<20 {
            let shuffled = Dictionary(uniqueKeysWithValues: attributes.shuffled())
            #expect(try AttributeCodec.encode(shuffled) == bytes)
        }
        #expect(try AttributeCodec.encode([:]) == AttributeCodec.none)
    }

    @Test(
        arguments: [
            [], [1], [2, 0], [1, 1], [1, 0, 0], [1, 0x80, 0], [1, 2, 1, 0x61, 0, 0, 1, 0x61, 0, 0],
            [1, 2, 1, 0x62, 0, 0, 1, 0x61, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0xff, 0, 0], [1, 1, 1, 0x61, 3, 0],
            [1, 1, 1, 0x61, 1, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0], [1, 1, 1, 0x61, 2, 9, 0x61],
            [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            // One name, in two spellings.
            [1, 2, 3, 0x65, 0xcc, 0x81, 0, 0, 2, 0xc3, 0xa9, 0, 0],
        ] as [[UInt8]])
    func otherAttributesAreRefused(_ bytes: [UInt8]) {
        #expect(throws: MetadataError.self) { try AttributeCodec.decode(bytes) }
    }

    @Test func garbageNeverCrashesAndOnlyOneFormIsAccepted() throws {
        var random = SeededGenerator(seed: 11)
        let good = try AttributeCodec.encode(FileRecord.sample("a").attributes)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            guard let decoded = try? AttributeCodec.decode(bytes) else { continue }
            #expect(try AttributeCodec.encode(decoded) == bytes)
        }
    }

    @Test func rowsComeBack() throws {
        var writer = RowCodec(site: "cit", before: 4)
        var reader = RowCodec(site: "cit", before: 4)
        var rows = [
            try MetadataRow(.sample("a")), MetadataRow(lfn: "b", isDeleted: true),
            try MetadataRow(FileRecord(lfn: "c", size: MetadataLimits.size)),
        ]
        for index in rows.indices {
            rows[index].change = 5 + index * 1_000_000
            rows[index].clock = [9, 0, .max][index]
            rows[index].site = "cit"
            var bytes: [UInt8] = []
            writer.append(rows[index], to: &bytes)
            var part = ByteReader(bytes)
            #expect(try reader.row(&part) == rows[index])
        }
    }

    @Test func rowsOfGarbageNeverCrash() throws {
        var random = SeededGenerator(seed: 12)
        var good: [UInt8] = []
        var row = try MetadataRow(.sample("a"))
        (row.change, row.clock) = (7, 1 << 57)
        var codec = RowCodec(site: "cit", before: 1)
        codec.append(row, to: &good)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var codec = RowCodec(site: "cit", before: 1)
            var reader = ByteReader(bytes)
            guard let decoded = try? codec.row(&reader) else { continue }
            var again: [UInt8] = []
            var writer = RowCodec(site: "cit", before: 1)
            writer.append(decoded, to: &again)
            #expect(again == bytes)
        }
    }

    @Test func compressedBytesComeBackWithinTheirLimit() throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7) }
        let writer = try GzipWriter()
        writer.write([])
        writer.write(bytes)
        writer.finish()
        #expect(try inflated(writer.output, limit: bytes.count) == bytes)
        #expect(throws: MetadataError.self) { try inflated(writer.output, limit: bytes.count - 1) }
        #expect(throws: MetadataError.self) { try inflated(writer.output + [0], limit: bytes.count) }
        #expect(throws: MetadataError.self) { try inflated(Array(writer.output.dropLast()), limit: bytes.count) }
        #expect(throws: MetadataError.self) { try inflated([], limit: 10) }
    }

    @Test func aBombIsRefusedBeforeItGrows() throws {
        let writer = try GzipWriter()
        for _ in 0..<200 { writer.write([UInt8](repeating: 0, count: 100_000)) }
        writer.finish()
        #expect(writer.output.count < 50_000)
        let reader = try GzipReader(writer.output, limit: 100_000)
        var buffer: [UInt8] = []
        #expect(throws: MetadataError.self) { while !reader.isAtEnd { try reader.read(into: &buffer) } }
        #expect(buffer.count <= 100_000)
    }

    private func inflated(_ bytes: [UInt8], limit: Int) throws -> [UInt8] {
        let reader = try GzipReader(bytes, limit: limit)
        var buffer: [UInt8] = []
        while !reader.isAtEnd { try reader.read(into: &buffer) }
        return buffer
    }
}
