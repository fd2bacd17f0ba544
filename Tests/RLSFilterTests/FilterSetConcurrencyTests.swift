import NIOConcurrencyHelpers
import RLSFilter
import Testing

@Suite struct FilterSetConcurrencyTests {
    /// Names 0..<50 are in every version of every filter: they are found at any time, whatever is updated meanwhile.
    @Test func lookUpsNeverMissAHeldName() async {
        let set = FilterSet()
        let shapes = [shape(.xxh3, 33_000, 4), shape(.legacy, 9000, 3)]
        for sender in 0..<4 { set.replace(sender, with: FilterBits(shapes[0], names: 0..<50)) }
        let isDone = NIOLockedValueBox(false)
        await withTaskGroup(of: Tally.self) { group in
            for start in [0, 25] { group.addTask { await self.lookUp(set, from: start, until: isDone) } }
            await update(set, shapes)
            isDone.withLockedValue { $0 = true }
            for await tally in group {
                #expect(tally.missed == 0)
                #expect(tally.lookUps >= Self.rounds)
            }
        }
        #expect(set.count == 4)
    }

    private static let rounds = 12

    private struct Tally {
        var lookUps = 0
        var missed = 0
    }

    private func lookUp(_ set: FilterSet, from start: Int, until isDone: NIOLockedValueBox<Bool>) async -> Tally {
        var tally = Tally()
        repeat {
            let senders = set.senders(maybeHolding: (start + tally.lookUps) % 50).filter { $0 < 4 }.sorted()
            if senders != [0, 1, 2, 3] { tally.missed += 1 }
            tally.lookUps += 1
            // The tasks may have to share a thread.
            if tally.lookUps % 50 == 0 { await Task.yield() }
        } while !isDone.withLockedValue { $0 }
        return tally
    }

    private func update(_ set: FilterSet, _ shapes: [FilterShape]) async {
        for round in 0..<Self.rounds {
            await Task.yield()
            // Others come and go, so that the table is widened and dropped as well.
            set.replace(4 + round, with: FilterBits(shapes[0]))
            for sender in 0..<4 {
                let shape = shapes[round % 3 == 2 ? 1 : 0]
                var filter = CountingFilter(shape)
                for number in 0..<50 { filter.insert(number) }
                let version = filter.version
                set.replace(sender, with: filter.bits)
                for number in 0..<100 { filter.insert(1000 * round + 100 * sender + number) }
                if let delta = filter.delta(since: version) { _ = set.apply(delta, to: sender) }
            }
        }
        for sender in 4..<(4 + Self.rounds) { set.remove(sender) }
    }
}
