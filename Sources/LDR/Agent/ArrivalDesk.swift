import Logging
import RLSCore
import RLSStorage

/// Registers what has arrived, many files at a time, and notes what has become of all.
package struct ArrivalDesk: Sendable {
    /// Files of one request to the catalog, and how long the first of them may wait for the others.
    private static let batch = 200
    private static let patience = Duration.milliseconds(500)

    private let work: WorkDesk
    private let catalog: any CopyCatalog
    private let events: EventLog
    private let attempts: Int
    private let logger: Logger

    package init(work: WorkDesk, catalog: any CopyCatalog, events: EventLog, attempts: Int, logger: Logger) {
        self.work = work
        self.catalog = catalog
        self.events = events
        self.attempts = attempts
        self.logger = logger
    }

    private enum Step {
        case arrival(ArrivedFile)
        case tick
    }

    func conclude(_ arrivals: AsyncStream<ArrivedFile>, from source: String) async throws -> AgentOutcome {
        let (steps, feed) = AsyncStream.makeStream(of: Step.self)
        let ticker = Task {
            while (try? await Task.sleep(for: Self.patience)) != nil { feed.yield(.tick) }
        }
        let forwarder = Task {
            for await arrival in arrivals { feed.yield(.arrival(arrival)) }
            feed.finish()
        }
        defer {
            ticker.cancel()
            forwarder.cancel()
        }
        var (outcome, waiting) = (AgentOutcome(), [ArrivedFile]())
        for await step in steps {
            if case .arrival(let arrival) = step {
                waiting.append(arrival)
                if waiting.count < Self.batch { continue }
            }
            try await conclude(&waiting, source, &outcome)
        }
        try await conclude(&waiting, source, &outcome)
        return outcome
    }

    private func conclude(_ waiting: inout [ArrivedFile], _ source: String, _ outcome: inout AgentOutcome) async throws
    {
        let arrivals = waiting
        waiting = []
        if arrivals.isEmpty { return }
        let refusals = await register(arrivals.compactMap(\.registrable))
        let results = arrivals.map { result(of: $0, source, refusals) }
        let interrupted = arrivals.filter(\.isInterrupted).map(\.want)
        let concluded = results.filter { result in !interrupted.contains { $0.id == result.want.id } }
        try await work.use { [attempts] (store) throws(StorageError) in
            try store.finish(concluded, attempts: attempts)
            try store.putBack(interrupted)
        }
        // What is forgiven would be told of all files of the queue, again and again: of one it is enough.
        let forgiven = concluded.first(where: \.isForgiven).map { [$0] } ?? []
        events.write((concluded.filter { !$0.isForgiven } + forgiven).map { event($0) })
        for result in concluded {
            outcome.arrived += result.failure == nil ? 1 : 0
            outcome.failed += result.failure == nil ? 0 : 1
            outcome.bytes += result.bytes
        }
    }

    private enum Refusals {
        /// The catalog did not do its work: no fault of any file.
        case all(String)
        case some([Mapping: String])

        var isForAll: Bool { if case .all = self { true } else { false } }

        func cause(of copy: Mapping?) -> String? {
            switch self {
            case .all(let cause): cause
            case .some(let causes): copy.flatMap { causes[$0] }
            }
        }
    }

    private func register(_ copies: [Mapping]) async -> Refusals {
        if copies.isEmpty { return .some([:]) }
        do {
            let refused = try await catalog.register(copies)
            for refusal in refused { logger.error("a copy is not registered", metadata: ["cause": "\(refusal)"]) }
            return .some(Dictionary(refused.map { ($0.mapping, $0.reason) }) { first, _ in first })
        } catch {
            logger.error("copies not registered", metadata: ["cause": "\(error)", "files": "\(copies.count)"])
            return .all("\(error)")
        }
    }

    private func result(of arrival: ArrivedFile, _ source: String, _ refusals: Refusals) -> TransferResult {
        func result(
            _ bytes: Int64, _ failure: (kind: String, message: String)?, blames: Bool = false, forgives: Bool = false,
            seconds: Double? = nil
        ) -> TransferResult {
            let now = WorkStore.now
            let began = seconds.map { now - Int($0 * 1_000) } ?? arrival.began
            return TransferResult(
                arrival.want, source: source, url: arrival.want.url ?? .empty, began: began, ended: now, bytes: bytes,
                failure: failure, isSourceFault: blames, isForgiven: forgives, isBrought: arrival.isBrought)
        }
        switch arrival.outcome {
        case .success(let bytes, let seconds):
            let failure = refusals.cause(of: arrival.copy).map {
                (kind: "catalog", message: "the copy is here and not registered: \($0)")
            }
            return result(bytes, failure, forgives: refusals.isForAll, seconds: seconds)
        case .failure(let failure):
            return result(
                0, (failure.kind.rawValue, failure.message),
                blames: failure.kind.isSourceFault && failure.kind != .sourceMissing,
                forgives: failure.isForgiven)
        }
    }

    private func event(_ result: TransferResult) -> Event {
        let seconds = Double(result.ended - result.began) / 1_000
        guard let failure = result.failure else {
            return Event(.transferred, result.want.lfn, source: result.source, bytes: result.bytes, seconds: seconds)
        }
        return Event(.failed, result.want.lfn, source: result.source, message: "\(failure.kind): \(failure.message)")
    }
}

extension ArrivedFile {
    fileprivate var registrable: Mapping? { if case .success = outcome { copy } else { nil } }
    fileprivate var isBrought: Bool { if case .success = outcome { !wasThere } else { false } }
    /// By this side: no failure of the file.
    fileprivate var isInterrupted: Bool { outcome.failure?.kind == .interrupted }
}
