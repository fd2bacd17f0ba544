import NIOCore
import RLSStorage

/// The reader that an event loop answers exact look-ups with, in place. Belongs to that loop.
final class LookupLane {
    /// How long a snapshot may be held from its first use; meanwhile the log cannot start over.
    private static let holdTime = TimeAmount.milliseconds(50)

    private let readers: RoleReaders
    private let eventLoop: any EventLoop
    private var isReleaseScheduled = false

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
}
