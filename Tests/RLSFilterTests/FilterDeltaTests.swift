import RLSFilter
import Testing

@Suite struct FilterDeltaTests {
    @Test func aThousandNamesFitIn16Kilobytes() throws {
        // The worst case: in an empty filter every name flips all its bits.
        var filter = CountingFilter(FilterShape.sized(names: 1_000_000, oneIn: 100))
        #expect(filter.shape == shape(.xxh3, 37 << 18, 7))
        for number in 0..<1000 { filter.insert(number) }
        let delta = try #require(filter.delta(since: 0))
        #expect(delta.count > 6900)
        let encoded = delta.encoded()
        #expect(encoded.count == delta.encodedCount && encoded.count < 16_000)
        #expect(FilterDelta(filter.shape, bytes: encoded, limit: 7000) == delta)
        #expect(FilterDelta(filter.shape, bytes: encoded, limit: delta.count - 1) == nil)
    }

    @Test(
        arguments: [
            ([], []), ([0], [0]), ([0, 0], [0, 1]), ([0x7f], [127]), ([0x80, 0x01], [128]),
            ([5, 0x80, 0x01, 0], [5, 134, 135]),
            ([0xe7, 0x07], [999]),
        ] as [([UInt8], [UInt32])])
    func reads(bytes: [UInt8], positions: [UInt32]) {
        let delta = FilterDelta(shape(.xxh3, 1000, 7), bytes: bytes)
        #expect(delta?.positions == positions)
        #expect(delta?.encoded() == bytes)
    }

    @Test(
        arguments: [
            [0x80], [0x80, 0x00], [0xe8, 0x07], [0xe7, 0x07, 0x00], [0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], [0xff, 0xff, 0xff, 0xff, 0x7f], [0x01, 0x81],
            [0x81, 0x80, 0x00],
        ] as [[UInt8]])
    func refuses(bytes: [UInt8]) {
        #expect(FilterDelta(shape(.xxh3, 1000, 7), bytes: bytes) == nil)
    }

    @Test func reachesTheLastBitOfTheLargestFilter() {
        let largest = shape(.xxh3, 0xffff_ffff, 7)
        let last: [UInt8] = [0xfe, 0xff, 0xff, 0xff, 0x0f]
        #expect(FilterDelta(largest, bytes: last)?.positions == [0xffff_fffe])
        #expect(FilterDelta(largest, bytes: last)?.encoded() == last)
        #expect(FilterDelta(largest, bytes: [0xff, 0xff, 0xff, 0xff, 0x0f]) == nil)
        #expect(FilterDelta(largest, bytes: last + [0]) == nil)
    }

    /// Whatever is read is valid, and is what would be written.
    @Test func randomBytesAreRefusedOrCanonical() {
        var random = SplitMix(5)
        var read = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...6, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            guard let delta = FilterDelta(shape(.xxh3, 70_000, 7), bytes: bytes, limit: 5) else { continue }
            read += 1
            let isValid =
                delta.count <= 5 && delta.positions.allSatisfy { $0 < 70_000 }
                && zip(delta.positions, delta.positions.dropFirst()).allSatisfy { $0 < $1 }
            #expect(isValid && delta.encoded() == bytes)
        }
        #expect(read > 2000)
    }

    @Test func anotherShapeIsNotChanged() throws {
        let delta = try #require(FilterDelta(shape(.xxh3, 1000, 7), bytes: [1]))
        for other in [shape(.xxh3, 1001, 7), shape(.xxh3, 1000, 6), shape(.legacy, 1000, 7)] {
            var filter = FilterBits(other)
            let isApplied = filter.apply(delta)
            #expect(!isApplied)
            #expect(filter == FilterBits(other))
        }
    }
}
