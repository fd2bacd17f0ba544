import RLSFilter
import Testing

@Suite struct FilterSetTests {
    /// Two of one class, one that spans blocks unevenly, one narrower than a byte, and the original's.
    static let shapes = [
        shape(.xxh3, 1024, 4), shape(.xxh3, 1024, 3), shape(.legacy, 1003, 3), shape(.legacy, 64, 8),
        shape(.xxh3, 3, 1),
    ]

    @Test func equalsItsFilters() {
        var random = SplitMix(21)
        let set = FilterSet()
        var model: [Int: FilterBits] = [:]
        for step in 0..<3000 {
            let sender = Int.random(in: 0..<300, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                set.remove(sender)
                model[sender] = nil
            case 1...4: change(sender, of: set, &model, &random)
            default:
                // Most go to one table, so that it becomes wide.
                let shape = Self.shapes[max(Int.random(in: -6..<5, using: &random), 0)]
                let filter = FilterBits(shape, names: (0..<40).map { _ in Int.random(in: 0..<2000, using: &random) })
                set.replace(sender, with: filter)
                model[sender] = filter
            }
            if step % 60 == 0 { checkLookups(set, model, &random) }
            if step % 1000 == 999 { checkContents(set, model) }
        }
        for sender in 0..<300 { set.remove(sender) }
        #expect(set.count == 0 && set.memoryBytes == 0 && set.senders(maybeHolding: 1).isEmpty)
    }

    /// As if each had come by itself; and what comes later finds its place beside them.
    @Test(arguments: [1, 2, 3, 5, 8, 9, 100, 250])
    func manyAtOnce(count: Int) {
        var random = SplitMix(UInt64(count))
        let set = FilterSet()
        var model: [Int: FilterBits] = [:]
        for sender in 0..<count {
            let shape = Self.shapes[max(Int.random(in: -6..<5, using: &random), 0)]
            model[sender] = FilterBits(shape, names: (0..<40).map { _ in Int.random(in: 0..<2000, using: &random) })
        }
        set.restore(model.map { (sender: $0.key, filter: $0.value) })
        #expect(set.count == count)
        checkContents(set, model)
        checkLookups(set, model, &random)
        for sender in stride(from: 0, to: count + 20, by: 3) {
            let filter = FilterBits(Self.shapes[0], names: [sender, sender + 1])
            set.replace(sender, with: filter)
            model[sender] = filter
        }
        for sender in stride(from: 0, to: count, by: 2) { change(sender, of: set, &model, &random) }
        checkContents(set, model)
        checkLookups(set, model, &random)
        for sender in 0..<(count + 20) { set.remove(sender) }
        #expect(set.count == 0 && set.memoryBytes == 0)
    }

    private func change(
        _ sender: Int, of set: FilterSet, _ model: inout [Int: FilterBits], _ random: inout SplitMix
    ) {
        guard let shape = model[sender]?.shape else {
            let delta = FilterDelta(Self.shapes[0], bytes: [0])
            #expect(delta.map { set.apply($0, to: sender) } == false)
            return
        }
        let bytes = (0..<2).map { _ in UInt8.random(in: 0..<100, using: &random) }
        guard let delta = FilterDelta(shape, bytes: bytes) else { return }
        #expect(set.apply(delta, to: sender))
        let isApplied = model[sender]?.apply(delta)
        #expect(isApplied == true)
    }

    private func checkLookups(_ set: FilterSet, _ model: [Int: FilterBits], _ random: inout SplitMix) {
        for _ in 0..<5 {
            let number = Int.random(in: 0..<2000, using: &random)
            let expected = model.filter { $0.value.contains(number) }.keys.sorted()
            #expect(set.senders(maybeHolding: number).sorted() == expected)
        }
    }

    private func checkContents(_ set: FilterSet, _ model: [Int: FilterBits]) {
        #expect(set.count == model.count)
        for sender in 0..<300 {
            #expect(set.extract(sender) == model[sender])
            #expect(set.shape(of: sender) == model[sender]?.shape)
            #expect(set.population(sender) == model[sender]?.population)
        }
    }

    /// Over a block, and not a whole number of bytes, words or blocks.
    @Test func wideningKeepsContents() {
        let shape = shape(.legacy, 40_003, 2)
        let set = FilterSet()
        let filters = (0..<20).map { FilterBits(shape, names: ($0 * 50)..<($0 * 50 + 100)) }
        for (sender, filter) in filters.enumerated() {
            set.replace(sender, with: filter)
            for earlier in 0...sender where set.extract(earlier) != filters[earlier] {
                Issue.record("\(earlier) was lost when \(sender) came")
            }
        }
        for number in stride(from: 0, to: 1100, by: 13) {
            let expected = (0..<20).filter { filters[$0].contains(number) }
            #expect(set.senders(maybeHolding: number).sorted() == expected)
        }
    }

    /// Past 1024 columns look-ups read a row in parts.
    @Test func findsAmongThousands() {
        let set = FilterSet()
        let shape = shape(.xxh3, 256, 4)
        let filters = (0..<1300).map { FilterBits(shape, names: [$0, $0 / 2, 5000]) }
        for (sender, filter) in filters.enumerated() { set.replace(sender, with: filter) }
        for number in [0, 63, 64, 511, 512, 649, 1023, 1024, 1087, 1088, 1299] {
            let expected = filters.indices.filter { filters[$0].contains(number) }
            #expect(set.senders(maybeHolding: number) == expected && expected.contains(number))
        }
        #expect(set.senders(maybeHolding: 5000) == Array(0..<1300))
    }

    @Test func aSenderMovesBetweenTables() {
        let set = FilterSet()
        let small = FilterBits(shape(.xxh3, 1024, 4), names: [1])
        let large = FilterBits(shape(.legacy, 100_000, 3), names: [2])
        set.replace(9, with: small)
        set.replace(9, with: large)
        #expect(set.extract(9) == large && set.count == 1)
        #expect(set.senders(maybeHolding: 1).isEmpty && set.senders(maybeHolding: 2) == [9])
        #expect(12_500...12_600 ~= set.memoryBytes)
    }

    /// What a sender leaves behind does not show in the next that takes its column.
    @Test func aColumnIsCleanWhenReused() {
        let set = FilterSet()
        let shape = shape(.xxh3, 2048, 3)
        for sender in 0..<3 { set.replace(sender, with: FilterBits(shape, names: 0..<200)) }
        let memory = set.memoryBytes
        set.remove(1)
        #expect(!set.senders(maybeHolding: 7).contains(1))
        let next = FilterBits(shape, names: [3000])
        for _ in 0..<20 { set.replace(4, with: next) }
        #expect(set.extract(4) == next && set.senders(maybeHolding: 3000).contains(4))
        #expect(set.memoryBytes == memory)
    }

    @Test func memoryIsNearColumnsTimesBits() {
        let set = FilterSet()
        let shape = shape(.xxh3, 1 << 17, 7)
        let empty = FilterBits(shape)
        set.replace(0, with: empty)
        #expect(set.memoryBytes == 1 << 14)
        for sender in 1..<100 { set.replace(sender, with: empty) }
        // 104 columns.
        #expect(set.memoryBytes < 13 << 17 + 4096)
    }
}
