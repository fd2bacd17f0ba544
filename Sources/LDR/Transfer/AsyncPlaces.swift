import NIOConcurrencyHelpers

/// A number of places; who finds none free waits. Meant for one taker, as a loop that starts tasks is.
final class AsyncPlaces: Sendable {
    private let stream: AsyncStream<Void>
    private let free: AsyncStream<Void>.Continuation

    init(_ count: Int) {
        (stream, free) = AsyncStream<Void>.makeStream()
        for _ in 0..<max(1, count) { free.yield() }
    }

    /// Returns at once when the task has been cancelled.
    func take() async { for await _ in stream { return } }

    func giveBack() { free.yield() }
}
