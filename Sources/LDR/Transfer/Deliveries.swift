import NIOConcurrencyHelpers

/// Sees to it that each request has exactly one outcome.
struct Deliveries: Sendable {
    typealias Finished = @Sendable (TransferRequest, TransferOutcome) async -> Void

    private let hasBegun: @Sendable (TransferRequest) -> Void
    private let open: NIOLockedValueBox<[Int: TransferRequest]>
    private let outcomes: AsyncStream<(TransferRequest, TransferOutcome)>.Continuation

    private init(
        _ requests: [TransferRequest], _ began: @escaping @Sendable (TransferRequest) -> Void,
        _ outcomes: AsyncStream<(TransferRequest, TransferOutcome)>.Continuation
    ) {
        hasBegun = began
        open = NIOLockedValueBox(Dictionary(requests.map { ($0.id, $0) }) { first, _ in first })
        self.outcomes = outcomes
    }

    /// Runs `body`, which settles requests; those that it leaves are interrupted.
    static func run(
        _ requests: [TransferRequest], began: @escaping @Sendable (TransferRequest) -> Void,
        finished: @escaping Finished, _ body: (Deliveries) async -> Void
    ) async {
        let (stream, continuation) = AsyncStream<(TransferRequest, TransferOutcome)>.makeStream()
        let deliveries = Deliveries(requests, began, continuation)
        // What follows an outcome may take long: neither the next one nor the transfer waits for it. No child of this
        // task, for outcomes are told after a cancellation, too.
        let delivered = Task {
            await withDiscardingTaskGroup { group in
                for await (request, outcome) in stream { group.addTask { await finished(request, outcome) } }
            }
        }
        await body(deliveries)
        deliveries.settleRest()
        await delivered.value
    }

    /// A file is written from its beginning to its end. Nothing of one whose fate is known: nobody would wait for it.
    func began(_ request: TransferRequest) {
        if open.withLockedValue({ $0[request.id] != nil }) { hasBegun(request) }
    }

    /// Only the first outcome of a request counts.
    func settle(_ request: TransferRequest, _ outcome: TransferOutcome) {
        guard let request = open.withLockedValue({ $0.removeValue(forKey: request.id) }) else { return }
        outcomes.yield((request, outcome))
    }

    func fail(_ requests: some Sequence<TransferRequest>, _ failure: TransferFailure) {
        for request in requests { settle(request, .failure(failure)) }
    }

    private func settleRest() {
        let rest = open.withLockedValue { Array($0.values) }
        fail(rest.sorted { $0.id < $1.id }, TransferFailure(.interrupted, "the transfer was stopped"))
        outcomes.finish()
    }
}
