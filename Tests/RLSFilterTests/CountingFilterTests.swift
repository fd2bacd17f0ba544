import RLSFilter
import Testing

@Suite struct CountingFilterTests {
    /// Small enough that names share bits, large enough that no counter reaches 15.
    @Test(arguments: [shape(.xxh3, 5003, 5), shape(.legacy, 5003, 3)])
    func equalsAFilterOfItsNames(shape: FilterShape) {
        var random = SplitMix(11)
        var filter = CountingFilter(shape)
        var model: Set<Int> = []
        var receiver = filter.bits
        var received = filter.version
        for step in 0..<4000 {
            let number = Int.random(in: 0..<600, using: &random)
            if model.remove(number) != nil {
                filter.remove(number)
            } else {
                model.insert(number)
                filter.insert(number)
            }
            if step % 7 == 0, let delta = filter.delta(since: received) {
                let isApplied = receiver.apply(delta)
                #expect(isApplied)
                received = filter.version
                #expect(receiver == filter.bits)
            }
            if step % 101 == 0 { check(filter, model) }
        }
        check(filter, model)
        #expect(received > 1000)
        for number in model { filter.remove(number) }
        check(filter, [])
    }

    private func check(_ filter: CountingFilter, _ model: Set<Int>) {
        let expected = FilterBits(filter.shape, names: model)
        #expect(filter.bits == expected)
        #expect(filter.population == expected.population && filter.names == model.count)
    }

    /// All names need one bit: from 15 on the counter must neither start again nor come back down.
    @Test(arguments: [15, 16, 17, 40])
    func aFullCounterStays(names: Int) {
        var filter = CountingFilter(shape(.xxh3, 1, 1))
        for number in 0..<names { filter.insert(number) }
        #expect(filter.population == 1 && filter.bits.population == 1 && filter.names == names)
        for number in 0..<names { filter.remove(number) }
        #expect(filter.population == 1 && filter.bits.population == 1 && filter.names == 0)
    }

    @Test func aCounterThatIsNotFullEmpties() {
        var filter = CountingFilter(shape(.xxh3, 1, 1))
        for number in 0..<14 { filter.insert(number) }
        for number in 0..<13 { filter.remove(number) }
        #expect(filter.population == 1)
        filter.remove(13)
        #expect(filter.population == 0)
        filter.remove(13)
        #expect(filter.population == 0 && filter.bits.population == 0 && filter.names == 0)
    }

    @Test func removingAllEndsDeltas() {
        var filter = CountingFilter(shape(.xxh3, 4096, 7))
        let empty = filter.version
        filter.insert(1)
        let one = filter.version
        filter.removeAll()
        #expect(filter.delta(since: empty) == nil && filter.delta(since: one) == nil)
        #expect(filter.version > one && filter.population == 0 && filter.bits == FilterBits(filter.shape))
        let cleared = filter.version
        filter.insert(2)
        var receiver = FilterBits(filter.shape)
        let isApplied = filter.delta(since: cleared).map { receiver.apply($0) }
        #expect(isApplied == true)
        #expect(receiver.contains(2))
        #expect(filter.delta(since: filter.version + 1) == nil)
    }

    @Test func logForgetsTheOldest() {
        var filter = CountingFilter(shape(.xxh3, 100_000, 1))
        var versions: [UInt64] = []
        while filter.version < 4096 {
            versions.append(filter.version)
            filter.insert(versions.count)
        }
        #expect(filter.delta(since: 0) != nil)
        let before = filter.bits
        let middle = filter.version - 1000
        filter.insert(9_000_000)
        filter.insert(9_000_001)
        #expect(filter.version == 4098)
        #expect(filter.delta(since: 0) == nil && filter.delta(since: middle) != nil)
        var receiver = before
        let isApplied = filter.delta(since: 4096).map { receiver.apply($0) }
        #expect(isApplied == true)
        #expect(receiver == filter.bits)
    }

    @Test func aDeltaIsAtMostHalfOfTheFilter() {
        var filter = CountingFilter(shape(.xxh3, 1024, 4))
        var number = 0
        while let delta = filter.delta(since: 0) {
            #expect(delta.encodedCount <= 64)
            number += 1
            filter.insert(number)
        }
        #expect(10...20 ~= number)
        // There and back again: nothing differs, however often it flipped.
        for other in 1...number { filter.remove(other) }
        #expect(filter.delta(since: 0)?.isEmpty == true)
    }
}
