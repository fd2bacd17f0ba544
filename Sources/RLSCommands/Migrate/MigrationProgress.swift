import NIOConcurrencyHelpers

/// How far a migration is, told by any thread.
final class MigrationProgress: Sendable {
    private struct Phase {
        var name = ""
        var began = ContinuousClock.now
        var count = 0
        var total: Int?

        var text: String {
            let seconds = max((ContinuousClock.now - began) / .seconds(1), 0.001)
            return "\(name): \(count)\(share), \(Int(Double(count) / seconds)) a second"
        }

        private var share: String {
            guard let total, total > count else { return "" }
            return " of about \(total) (\(count * 100 / total) %)"
        }
    }

    private let state = NIOLockedValueBox((line: StatusLine(repeated: .seconds(10)), phase: Phase()))

    /// - Parameters:
    ///   - name: `copying`, for instance
    ///   - total: what there is in all, if that is known
    func begin(_ name: String, total: Int?) {
        state.withLockedValue { $0.phase = Phase(name: name, total: total) }
    }

    func advance(_ count: Int) {
        state.withLockedValue { state in
            state.phase.count += count
            let phase = state.phase
            state.line.show(phase.text)
        }
    }

    func clear() { state.withLockedValue { $0.line.clear() } }
}
