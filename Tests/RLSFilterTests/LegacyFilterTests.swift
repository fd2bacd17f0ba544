import RLSCore
import RLSFilter
import Testing

@Suite struct LegacyFilterTests {
    /// Seen on the wire of the original (all but the last).
    struct Vector: Sendable {
        let names: [String]
        let hashes: Int
        let hex: String
    }

    static let vectors = [
        Vector(
            names: ["lfn1", "lfn2"], hashes: 3,
            hex: "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                + "000000000060000000000000000000000000000000000060600000000000000000000000000000000000"),
        Vector(
            names: ["lfn1", "lfn2", "immed1"], hashes: 3,
            hex: "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                + "000000000060000000400000000000000000000000000060600000000000000040000100000000000000"),
        Vector(
            names: ["H-H1_RDS_R_L3-751658016-16.gwf", "L-L1_RDS_R_L3-751658032-16.gwf"], hashes: 8,
            hex: "000000000000000000000000000400080000000800000000000000040400000000000000000000000000"
                + "000000000000000000000804000000000400000100080000000000080000000000000000000000100000"
                + "000000000000000000000000000000000000000000000000000000000200000000000010040000000000"),
    ]

    private func filter(_ names: [[UInt8]], bits: Int, hashes: Int) -> FilterBits {
        var filter = FilterBits(shape(.legacy, bits, hashes))
        for name in names {
            let span = name.span
            filter.insert(span)
        }
        return filter
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.map { UInt8($0 < 0x3a ? $0 - 0x30 : $0 - 0x57) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    @Test(arguments: vectors)
    func setsTheBitsOfTheOriginal(vector: Vector) {
        let names = vector.names.map { Array($0.utf8) }
        let filter = filter(names, bits: 1000, hashes: vector.hashes)
        #expect(filter.bytes == bytes(vector.hex))
        for name in names {
            let span = name.span
            let isHeld = filter.contains(span)
            #expect(isHeld)
        }
    }

    /// 0x80 is -128: with the first rotation, 0xffffff80 rotated by 3 is 0xfffffc07, xor 0xffffffff is 0x000003f8.
    @Test func bytesAreSigned() {
        let one = filter([[0x80]], bits: 1 << 20, hashes: 1)
        #expect(one.bit(0xffff_ff80 % (1 << 20)) && one.population == 1)
        let two = filter([[0x80, 0xff]], bits: 1 << 20, hashes: 1)
        #expect(two.bit(0x3f8) && two.population == 1)
    }

    @Test func savedFileIsThatOfTheOriginal() throws {
        let filter = filter([Array("lfn1".utf8)], bits: 1000, hashes: 3)
        let file = try #require(filter.legacyFile)
        #expect(file == [0xe8, 0x03, 0, 0, 3, 0, 0, 0] + filter.bytes)
        let span = file.span
        let read = FilterBits(legacyFile: span)
        #expect(read == filter)
        #expect(FilterBits(shape(.xxh3, 1024, 7)).legacyFile == nil)
    }

    @Test(
        arguments: [
            [], [0xe8, 0x03, 0, 0, 3, 0, 0, 0], [8, 0, 0, 0, 3, 0, 0, 0, 1], [8, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0],
            [0, 0, 0, 0, 3, 0, 0, 0, 1], [8, 0, 0, 0, 0, 0, 0, 0, 1, 0], [8, 0, 0, 0, 9, 0, 0, 0, 1, 0],
            [0xff, 0xff, 0xff, 0xff, 8, 0, 0, 0, 1, 0], [8, 0, 0, 0, 3, 0, 0, 0x80, 1, 0],
        ] as [[UInt8]])
    func refusesFile(file: [UInt8]) {
        let span = file.span
        let read = FilterBits(legacyFile: span)
        #expect(read == nil)
    }

    @Test func ignoresWhatIsBehindTheLastBit() {
        let full = [UInt8](repeating: 0xff, count: 2)
        #expect(FilterBits(shape(.legacy, 8, 1), bytes: full)?.population == 8)
        #expect(FilterBits(shape(.legacy, 11, 1), bytes: full)?.population == 11)
        #expect(FilterBits(shape(.xxh3, 16, 1), bytes: full)?.population == 16)
        #expect(FilterBits(shape(.xxh3, 16, 1), bytes: full + [0]) == nil)
    }
}
