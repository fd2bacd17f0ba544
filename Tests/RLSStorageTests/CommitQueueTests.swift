import Dispatch
import NIOConcurrencyHelpers
import RLSCore
import RLSStorage
import Testing

/// Remembers the sizes of the groups it was given; may be held up.
private final class FakeEngine<Change: SizedChange>: CommitEngine {
    private let groups = NIOLockedValueBox<[Int]>([])
    let gate = DispatchSemaphore(value: 0)
    let isGated: Bool

    init(isGated: Bool) { self.isGated = isGated }

    var sizes: [Int] { groups.withLockedValue { $0 } }

    func commit(_ requests: [WriteRequest<Change>]) -> [WriteOutcome] {
        if isGated { gate.wait() }
        groups.withLockedValue { $0.append(requests.count) }
        return requests.map { _ in .success([]) }
    }

    func becameIdle() {}
}

@Suite struct CommitQueueTests {
    private final class Outcomes: Sendable {
        private let list = NIOLockedValueBox<[WriteOutcome]>([])
        func add(_ outcome: WriteOutcome) { list.withLockedValue { $0.append(outcome) } }
        var all: [WriteOutcome] { list.withLockedValue { $0 } }
    }

    private func change(_ number: Int) -> Change { .create(Mapping(lfn: "\(number)", pfn: "p")) }

    @Test func whatComesDuringACommitIsOneGroup() {
        let engine = FakeEngine<Change>(isGated: true)
        let queue = CommitQueue(engine: engine)
        let outcomes = Outcomes()
        for number in 0..<10 { queue.submit(WriteRequest([change(number)]) { outcomes.add($0) }) }
        for _ in 0..<11 { engine.gate.signal() }
        queue.shutdown()
        #expect(outcomes.all.count == 10)
        #expect(engine.sizes.reduce(0, +) == 10)
        // The first may have gone alone; what followed was waiting behind it.
        #expect(engine.sizes.count <= 2)
    }

    @Test func groupsAndQueueAreBounded() throws {
        let engine = FakeEngine<Change>(isGated: true)
        let queue = CommitQueue(engine: engine, groupLimit: 3, waitingLimit: 8)
        let outcomes = Outcomes()
        let order = NIOLockedValueBox<[Int]>([])
        for number in 0..<30 {
            queue.submit(
                WriteRequest([change(number)]) { outcome in
                    outcomes.add(outcome)
                    order.withLockedValue { $0.append(number) }
                })
        }
        for _ in 0..<30 { engine.gate.signal() }
        queue.shutdown()
        let refused = outcomes.all.count {
            if case .failure(let error) = $0 { error.reason == .overloaded } else { false }
        }
        // Up to three are with the engine, eight wait; who is refused is answered in turn all the same.
        #expect((19...22).contains(refused))
        #expect(order.withLockedValue { $0 } == Array(0..<30))
        #expect(engine.sizes.allSatisfy { $0 <= 3 })
    }

    /// A part of a list is one change with many names.
    @Test func groupsAreBoundedByNames() {
        let engine = FakeEngine<IndexChange>(isGated: true)
        let queue = CommitQueue(engine: engine, groupLimit: 25)
        let part = ListPut(sender: 1, generation: 1, visible: 0...0, names: Array(repeating: "name", count: 10))
        for _ in 0..<9 { queue.submit(WriteRequest([.put(part)]) { _ in }) }
        for _ in 0..<9 { engine.gate.signal() }
        queue.shutdown()
        #expect(engine.sizes.reduce(0, +) == 9)
        #expect(engine.sizes.allSatisfy { $0 <= 2 })
    }

    @Test func everyRequestIsAnsweredOnceAndShutdownWaits() async {
        let engine = FakeEngine<Change>(isGated: false)
        let queue = CommitQueue(engine: engine)
        let outcomes = Outcomes()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<500 { queue.submit(WriteRequest([change(number)]) { outcomes.add($0) }) }
                }
            }
        }
        queue.shutdown()
        #expect(outcomes.all.count == 4_000)
        #expect(engine.sizes.reduce(0, +) == 4_000)
        queue.submit(WriteRequest([change(1)]) { outcomes.add($0) })
        #expect(outcomes.all.last == .failure(StorageError(.closed, "the store is shut down")))
    }
}
