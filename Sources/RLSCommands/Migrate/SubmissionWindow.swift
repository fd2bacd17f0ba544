import Dispatch
import NIOConcurrencyHelpers
import RLSCore
import RLSStorage

/// Requests on their way to a store: enough to keep its commits full, few enough that memory stays small and that what fails is
/// near the end of what was written. After a failure nothing more is sent.
final class SubmissionWindow: Sendable {
    private static let requests = 8
    /// How many mappings may be missing before the last one when a copy has ended.
    static let mappings = requests * SourcePage.rows

    private struct State {
        var failure: StorageError?
        var refused = Skipped()
    }

    private let store: any CatalogStore
    private let free = DispatchSemaphore(value: requests)
    private let state = NIOLockedValueBox(State())

    init(_ store: any CatalogStore) { self.store = store }

    /// Waits for a place. `stop` when a request has failed.
    func submit(_ changes: [Change]) -> Visit {
        free.wait()
        if state.withLockedValue({ $0.failure != nil }) {
            free.signal()
            return .stop
        }
        store.submit(
            WriteRequest(changes) { [self] outcome in
                note(outcome, changes)
                free.signal()
            })
        return .next
    }

    private func note(_ outcome: WriteOutcome, _ changes: [Change]) {
        state.withLockedValue { state in
            switch outcome {
            case .failure(let error): state.failure = state.failure ?? error
            case .success(let failures):
                for failure in failures { state.refused.add("\(changes[failure.index].shown): \(failure.error)") }
            }
        }
    }

    /// Waits for all answers.
    /// - Returns: what the store did not take
    func finish() throws(StorageError) -> Skipped {
        for _ in 0..<Self.requests { free.wait() }
        for _ in 0..<Self.requests { free.signal() }
        let (failure, refused) = state.withLockedValue { ($0.failure, $0.refused) }
        if let failure { throw failure }
        return refused
    }
}

extension Change {
    /// For people.
    fileprivate var shown: String {
        switch self {
        case .ensure(let mapping): "mapping \(Skipped.shown(mapping.lfn)) \(Skipped.shown(mapping.pfn))"
        case .defineAttribute(let definition): "attribute \(Skipped.shown(definition.name))"
        case .setAttribute(let setting): "value of \(Skipped.shown(setting.name)) of \(Skipped.shown(setting.key))"
        case .addRLI(let url, _, let pattern): "index server \(Skipped.shown(url)) \(Skipped.shown(pattern))"
        default: "change"
        }
    }
}
