import Glibc
import NIOConcurrencyHelpers

/// Lets a program and its helpers go on only while the site may take more: stopped, they do not read, and the source's side of
/// the connection waits. No program needs to know of it.
final class Throttle: Sendable {
    private struct State {
        var arrived: Int64 = 0
        var pausedSince: ContinuousClock.Instant?
        /// Without the pause that is under way.
        var paused = Duration.zero

        mutating func resume() {
            if let since = pausedSince { paused += .now - since }
            pausedSince = nil
        }
    }

    private let gate: BandwidthGate?
    private let began = ContinuousClock.now
    private let box = NIOLockedValueBox(State())

    /// - Parameter gate: nil for a program that is never stopped
    init(_ gate: BandwidthGate?) { self.gate = gate }

    /// A clock that stands still while the program does: it may not be blamed for that time.
    var now: ContinuousClock.Instant {
        box.withLockedValue { state in (state.pausedSince ?? .now) - state.paused }
    }

    /// Of so many seconds, those in which the program was let go on.
    func running(_ seconds: Double) -> Double {
        let whole = (ContinuousClock.now - began) / .seconds(1)
        return whole > 0 ? seconds * ((now - began) / .seconds(1)) / whole : seconds
    }

    /// - Parameter total: bytes that the program has written so far
    func note(_ total: () -> Int64) {
        guard let gate else { return }
        let total = total()
        let more = box.withLockedValue { state in
            defer { state.arrived = max(state.arrived, total) }
            return total - state.arrived
        }
        gate.charge(more)
    }

    /// Stops the processes of a group, or lets them go on.
    func step(_ group: pid_t) {
        guard let gate else { return }
        let mustWait = gate.pause() > .zero
        let signal = box.withLockedValue { state -> Int32? in
            if mustWait == (state.pausedSince != nil) { return nil }
            if mustWait { state.pausedSince = .now } else { state.resume() }
            return mustWait ? SIGSTOP : SIGCONT
        }
        if let signal { kill(-group, signal) }
    }

    /// Lets them go on, whatever may come: so that they can end.
    func release(_ group: pid_t) {
        box.withLockedValue { $0.resume() }
        if gate != nil { kill(-group, SIGCONT) }
    }

    /// How long to wait before the next step; nil while nothing is limited.
    var interval: Duration? {
        guard let gate, gate.rate != nil else { return nil }
        // Short while they run: much comes in little time.
        return min(max(gate.pause(), .milliseconds(5)), .milliseconds(50))
    }

    /// Until something may come, or `stop` is set: what is not begun needs not be stopped.
    func wait(unless stop: StopFlag) async {
        guard let gate else { return }
        box.withLockedValue { $0.pausedSince = .now }
        defer { box.withLockedValue { $0.resume() } }
        while !stop.isSet, case let pause = gate.pause(), pause > .zero {
            try? await Task.sleep(for: min(pause, .milliseconds(100)))
        }
    }
}
