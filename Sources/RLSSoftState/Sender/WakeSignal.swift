import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Ends somebody's wait, or the next one if nobody waits now.
final class WakeSignal: Sendable {
    private struct State {
        var isSet = false
        var waiter: EventLoopPromise<Void>?
    }

    private let state = NIOLockedValueBox(State())

    func signal() {
        let waiter = state.withLockedValue { state in
            defer { state.waiter = nil }
            state.isSet = state.waiter == nil
            return state.waiter
        }
        waiter?.succeed()
    }

    /// Returns after a signal, after this time, or when the task is cancelled. One waiter at a time.
    func wait(upTo limit: TimeAmount) async {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let promise: EventLoopPromise<Void>? = state.withLockedValue { state in
            if state.isSet {
                state.isSet = false
                return nil
            }
            let promise = eventLoop.makePromise(of: Void.self)
            state.waiter = promise
            return promise
        }
        guard let promise else { return }
        let timeout = eventLoop.scheduleTask(in: limit) { self.signal() }
        await withTaskCancellationHandler {
            try? await promise.futureResult.get()
        } onCancel: {
            self.signal()
        }
        timeout.cancel()
    }
}
