import RLSCore

enum TimeLimit {
    /// Runs an operation and does not wait longer than the limit. When time is up, or the caller is cancelled, the
    /// operation is cancelled and left to end by itself: it may hang in what knows no cancellation.
    ///
    /// - Throws: `ClientError` of code `timeout`, `CancellationError`, or what the operation throws
    static func run<Value: Sendable>(
        _ limit: Duration, _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        // The first to come is the outcome.
        let (outcomes, feed) = AsyncStream.makeStream(
            of: Result<Value, any Error>.self, bufferingPolicy: .bufferingOldest(1))
        let work = Task {
            do { feed.yield(.success(try await operation())) } catch { feed.yield(.failure(error)) }
        }
        let clock = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            feed.yield(.failure(ClientError(.timeout, "no answer within \(limit / .seconds(1)) seconds")))
        }
        defer {
            work.cancel()
            clock.cancel()
        }
        for await outcome in outcomes { return try outcome.get() }
        throw CancellationError()
    }
}
