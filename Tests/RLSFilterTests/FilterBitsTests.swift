import RLSFilter
import Testing

@Suite struct FilterBitsTests {
    @Test func oursIsWrongLessThanOnceInAHundred() {
        let shape = FilterShape.sized(names: 50_000, oneIn: 100)
        #expect(shape.bits <= 500_000)
        let filter = FilterBits(shape, names: 0..<50_000)
        let missed = (0..<50_000).count { !filter.contains($0) }
        #expect(missed == 0)
        let found = (1_000_000..<1_200_000).count { filter.contains($0) }
        #expect(found < 2000, "\(found) of 200000")
        // Were the hashes poor, what is measured would be above what the population promises.
        #expect(abs(Double(found) / 200_000 - filter.falsePositiveRate) < 0.001)
    }

    @Test func countsPopulation() {
        var random = SplitMix(3)
        for bits in [1, 7, 8, 63, 64, 65, 1000, 4099] {
            let shape = shape(.legacy, bits, 1)
            let bytes = (0..<shape.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
            let filter = FilterBits(shape, bytes: bytes)
            let count = filter.map { filter in (0..<bits).count { filter.bit($0) } }
            #expect(filter?.population == count && count != nil)
        }
    }

    @Test func falsePositiveRateIsThePowerOfTheShare() {
        let half = FilterBits(shape(.xxh3, 64, 3), bytes: [255, 255, 255, 255, 0, 0, 0, 0])
        #expect(half?.falsePositiveRate == 0.125)
        #expect(FilterBits(shape(.xxh3, 64, 3)).falsePositiveRate == 0)
    }

    /// Both ends of every shape can be reached, and nothing beyond.
    @Test func positionsSpreadOverAllBits() {
        for shape in [shape(.xxh3, 10, 30), shape(.legacy, 10, 8)] {
            let filter = FilterBits(shape, names: 0..<200)
            #expect(filter.population == 10)
        }
    }

    @Test func xxh3IsTheOneOthersCompute() {
        // XXH3-128 of nothing is 99aa06d3014798d8 6001c324468d497f; one hash takes the low half.
        let filter = withEmptyName(shape(.xxh3, 1 << 16, 1))
        #expect(filter.bit(0x6001) && filter.population == 1)
        // The second adds the high half to it, made odd: 0x99aa06d3014798d9 + 0x6001c324468d497f = 0xf9abc9f747d4e258.
        let two = withEmptyName(shape(.xxh3, 1 << 16, 2))
        #expect(two.bit(0x6001) && two.bit(0xf9ab) && two.population == 2)
    }

    private func withEmptyName(_ shape: FilterShape) -> FilterBits {
        var filter = FilterBits(shape)
        let empty: [UInt8] = []
        let span = empty.span
        filter.insert(span)
        return filter
    }
}
