import NIOConcurrencyHelpers

/// Lets so many in at once; the others wait in the order they came, until one leaves or they are cancelled.
final class ConnectionSlots: Sendable {
    private struct State {
        var free: Int
        var nextNumber = 0
        var waiting: [(number: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let state: NIOLockedValueBox<State>

    init(_ count: Int) { state = NIOLockedValueBox(State(free: count)) }

    /// - Throws: `CancellationError`, without a slot
    func take() async throws {
        let number = state.withLockedValue { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait($0, number) }
        } onCancel: {
            cancel(number)
        }
    }

    func give() {
        let next = state.withLockedValue { state -> CheckedContinuation<Void, any Error>? in
            if !state.waiting.isEmpty { return state.waiting.removeFirst().continuation }
            state.free += 1
            return nil
        }
        next?.resume()
    }

    private func wait(_ continuation: CheckedContinuation<Void, any Error>, _ number: Int) {
        let outcome = state.withLockedValue { state -> Result<Void, any Error>? in
            // The handler has run already if the task was cancelled before: nobody would take it out again.
            if Task.isCancelled { return .failure(CancellationError()) }
            if state.free > 0 {
                state.free -= 1
                return .success(())
            }
            state.waiting.append((number, continuation))
            return nil
        }
        if let outcome { continuation.resume(with: outcome) }
    }

    private func cancel(_ number: Int) {
        let waiting = state.withLockedValue { state -> CheckedContinuation<Void, any Error>? in
            guard let index = state.waiting.firstIndex(where: { $0.number == number }) else { return nil }
            return state.waiting.remove(at: index).continuation
        }
        waiting?.resume(throwing: CancellationError())
    }
}
