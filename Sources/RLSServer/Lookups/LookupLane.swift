import NIOCore
import RLSStorage

/// What an event loop makes exact look-ups with: readers of stores that answer in place, and for other stores the look-ups that
/// its connections ask for in one turn of the loop, handed over together. Belongs to that loop.
final class LookupLane {
    /// How long a snapshot may be held from its first use; meanwhile the log cannot start over.
    private static let holdTime = TimeAmount.milliseconds(50)

    private let readers: RoleReaders
    private let eventLoop: any EventLoop
    private var isReleaseScheduled = false
    private var gathered: [(queue: LookupQueue, lookups: [PendingLookup])] = []

    init(_ readers: RoleReaders, on eventLoop: any EventLoop) {
        self.readers = readers
        self.eventLoop = eventLoop
    }

    func withReaders<Result, Failure: Error>(
        _ body: (RoleReaders) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if !isReleaseScheduled {
            isReleaseScheduled = true
            let lane = NIOLoopBound(self, eventLoop: eventLoop)
            eventLoop.scheduleTask(in: Self.holdTime) {
                lane.value.isReleaseScheduled = false
                lane.value.readers.release()
            }
        }
        return try body(readers)
    }

    /// The loop runs what is scheduled when it has read from all connections that have something to say.
    func gather(_ lookup: PendingLookup, for queue: LookupQueue) {
        if let index = gathered.firstIndex(where: { $0.queue === queue }) {
            return gathered[index].lookups.append(lookup)
        }
        gathered.append((queue, [lookup]))
        if gathered.count > 1 { return }
        let lane = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { lane.value.handOver() }
    }

    private func handOver() {
        for (queue, lookups) in exchange(&gathered, with: []) { queue.submit(lookups) }
    }
}
