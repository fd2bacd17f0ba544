import RLSFilter
import Testing

@Suite struct FilterShapeTests {
    @Test(arguments: [
        (FilterShape.Hashing.legacy, 0, 3), (.legacy, -1, 3), (.legacy, 1 << 32, 3), (.legacy, 1000, 0),
        (.legacy, 1000, 9), (.xxh3, 0, 7), (.xxh3, Int.max, 7), (.xxh3, 1024, 31), (.xxh3, 1024, -1),
    ])
    func refuses(hashing: FilterShape.Hashing, bits: Int, hashes: Int) {
        #expect(FilterShape(hashing, bits: bits, hashes: hashes) == nil)
    }

    @Test(arguments: [
        (FilterShape.Hashing.legacy, 1, 1, 1), (.legacy, 1000, 8, 126), (.legacy, 1001, 3, 126),
        (.legacy, 0xffff_ffff, 8, 0x2000_0000), (.xxh3, 1, 30, 1), (.xxh3, 1024, 7, 128), (.xxh3, 1025, 7, 129),
    ])
    func countsBytes(hashing: FilterShape.Hashing, bits: Int, hashes: Int, bytes: Int) {
        #expect(FilterShape(hashing, bits: bits, hashes: hashes)?.byteCount == bytes)
    }

    @Test(arguments: [(0, 1000), (100, 1000), (101, 1010), (1_000_000, 10_000_000), (Int.max, 0xffff_ffff)])
    func sizesLegacyByRatio(names: Int, bits: Int) {
        #expect(FilterShape.legacy(names: names, bitsPerName: 10, hashes: 3) == shape(.legacy, bits, 3))
    }

    @Test(arguments: [(0, 1024), (1, 1024), (1_000_000, 37 << 18), (1_050_000, 39 << 18), (Int.max, 63 << 26)])
    func sizesOursByClass(names: Int, bits: Int) {
        #expect(FilterShape.sized(names: names, oneIn: 100) == shape(.xxh3, bits, 7))
    }

    @Test(arguments: [(2, 1), (3, 2), (100, 7), (1000, 10), (Int.max, 30), (-5, 1)])
    func choosesHashes(oneIn: Int, hashes: Int) {
        #expect(FilterShape.sized(names: 1000, oneIn: oneIn).hashes == hashes)
    }

    /// Never less room than asked for, never over a thirty-second more, and 32 sizes an octave.
    @Test func classesWasteLittle() {
        var sizes: Set<Int> = []
        for names in stride(from: 100_000, to: 200_000, by: 17) {
            let bits = FilterShape.sized(names: names, oneIn: 128).bits
            let wanted = Double(names) * 7 / 0.693_147_180_56
            #expect(Double(bits) >= wanted && Double(bits) <= wanted * 1.0314)
            sizes.insert(bits)
        }
        #expect(32...34 ~= sizes.count)
    }

    @Test func tellsWhenToRebuild() {
        let ours = FilterShape.sized(names: 1_000_000, oneIn: 100)
        for names in [260_000, 1_000_000, 1_020_000] { #expect(ours.suits(names: names, oneIn: 100)) }
        for names in [0, 200_000, 1_040_000, Int.max] { #expect(!ours.suits(names: names, oneIn: 100)) }
        #expect(!ours.suits(names: 1_000_000, oneIn: 1000))
        #expect(!ours.suits(names: 1_000_000, bitsPerName: 10, hashes: 3))
        #expect(FilterShape.sized(names: 0, oneIn: 100).suits(names: 0, oneIn: 100))
        let largest = FilterShape.sized(names: .max, oneIn: 100)
        #expect(largest.suits(names: .max, oneIn: 100))
    }

    @Test func tellsWhenToRebuildLegacy() {
        let legacy = FilterShape.legacy(names: 10_000, bitsPerName: 10, hashes: 3)
        for names in [2500, 10_000, 10_600] { #expect(legacy.suits(names: names, bitsPerName: 10, hashes: 3)) }
        for names in [0, 2400, 10_700] { #expect(!legacy.suits(names: names, bitsPerName: 10, hashes: 3)) }
        #expect(!legacy.suits(names: 10_000, bitsPerName: 10, hashes: 4))
        #expect(!legacy.suits(names: 10_000, oneIn: 100))
        #expect(FilterShape.legacy(names: 0, bitsPerName: 10, hashes: 3).suits(names: 0, bitsPerName: 10, hashes: 3))
    }

    /// What a keeper is told to make anew, it is not told to make anew again.
    @Test func whatIsMadeSuits() {
        for names in stride(from: 0, to: 3_000_000, by: 9973) {
            for oneIn in [2, 100, 1000] {
                #expect(FilterShape.sized(names: names, oneIn: oneIn).suits(names: names, oneIn: oneIn))
            }
        }
    }
}
