import Foundation
import NIOConcurrencyHelpers

/// What may come in at this site now: shared by all that fetches files, which say what has come and wait when it was too much.
package final class BandwidthGate: Sendable {
    private struct State {
        var limit = BandwidthPlan.Limit.none
        /// Bytes that may come at once; below 0 too much has come.
        var balance = 0.0
        var last: ContinuousClock.Instant
        var nextLook: ContinuousClock.Instant
    }

    private let box: NIOLockedValueBox<State>
    private let current: @Sendable () -> BandwidthPlan.Limit

    /// Seconds of what was not used that may be made up for, and seconds between two looks at the plan.
    private static let (burst, look) = (0.1, 1.0)

    /// - Parameter current: the limit now; asked once a second
    package init(now: ContinuousClock.Instant = .now, _ current: @escaping @Sendable () -> BandwidthPlan.Limit) {
        self.current = current
        box = NIOLockedValueBox(State(last: now, nextLook: now))
    }

    /// By the clock of this machine; nil for a plan that limits nothing.
    package convenience init?(_ plan: BandwidthPlan) {
        if plan.isUnlimited { return nil }
        self.init { plan.limit(at: Date()) }
    }

    /// So many bytes have come.
    package func charge(_ bytes: Int64, at now: ContinuousClock.Instant = .now) {
        if bytes <= 0 { return }
        box.withLockedValue { state in
            advance(&state, now)
            if case .rate = state.limit { state.balance -= Double(bytes) }
        }
    }

    /// How long nothing more should come; zero if something may. While transfers are off, until the next look.
    package func pause(at now: ContinuousClock.Instant = .now) -> Duration {
        box.withLockedValue { state in
            advance(&state, now)
            switch state.limit {
            case .none: return .zero
            case .off: return .seconds(Self.look)
            case .rate(let rate): return state.balance >= 0 ? .zero : .seconds(-state.balance / Double(rate))
            }
        }
    }

    /// Bytes a second; nil without a limit.
    var rate: Int64? {
        switch box.withLockedValue({ $0.limit }) {
        case .none: nil
        case .off: 0
        case .rate(let rate): rate
        }
    }

    private func advance(_ state: inout State, _ now: ContinuousClock.Instant) {
        if now >= state.nextLook {
            let limit = current()
            // What was too much at another rate is forgiven.
            if limit != state.limit { state.balance = 0 }
            state.limit = limit
            state.nextLook = now + .seconds(Self.look)
        }
        let seconds = max(0, (now - state.last) / .seconds(1))
        state.last = max(state.last, now)
        guard case .rate(let rate) = state.limit else { return }
        state.balance = min(Double(rate) * Self.burst, state.balance + Double(rate) * seconds)
    }
}

extension BandwidthGate: Equatable {
    package static func == (left: BandwidthGate, right: BandwidthGate) -> Bool { left === right }
}
