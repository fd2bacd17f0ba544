import Dispatch
import NIOConcurrencyHelpers
import RLSCore
import RLSStorage

/// Requests on their way to a store: enough to keep its commits full, few enough that memory stays small and that what fails is
/// near the end of what was written. After a failure nothing more is sent.
final class SubmissionWindow: Sendable {
    private struct State {
        var failure: StorageError?
        var refused = Skipped()
    }

    private let store: any CatalogStore
    private let size: RequestSize
    private let free: DispatchSemaphore
    private let state = NIOLockedValueBox(State())

    init(_ store: any CatalogStore, size: RequestSize) {
        self.store = store
        self.size = size
        free = DispatchSemaphore(value: size.requests)
    }

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
        for _ in 0..<size.requests { free.wait() }
        for _ in 0..<size.requests { free.signal() }
        let (failure, refused) = state.withLockedValue { ($0.failure, $0.refused) }
        if let failure { throw failure }
        return refused
    }
}

/// How much goes into one request, and how many are on their way.
struct RequestSize: Sendable, Hashable {
    let changes: Int
    let requests: Int

    /// Each commit writes whole pages to the log: the more changes, the more of them share a page.
    static let file = RequestSize(changes: 50_000, requests: 2)
    /// A database server has time-outs.
    static let server = RequestSize(changes: 8_000, requests: 3)

    /// How many mappings may be missing before the last one when a copy has ended.
    var slack: Int { (changes + SourcePage.rows) * requests }
}

/// Gathers pages into requests, in an order in which neighbours in the store follow each other.
struct RequestGatherer<Item> {
    /// Names may be long.
    private static var byteLimit: Int { 32 << 20 }

    let size: RequestSize
    let window: SubmissionWindow
    let order: (Item, Item) -> Bool
    let bytes: (Item) -> Int
    let change: (Item) -> Change
    private var items: [Item] = []
    private var byteCount = 0

    init(
        _ size: RequestSize, _ window: SubmissionWindow, order: @escaping (Item, Item) -> Bool,
        bytes: @escaping (Item) -> Int, change: @escaping (Item) -> Change
    ) {
        (self.size, self.window, self.order, self.bytes, self.change) = (size, window, order, bytes, change)
    }

    mutating func add(_ page: [Item]) -> Visit {
        items += page
        byteCount += page.reduce(0) { $0 + bytes($1) }
        return items.count < size.changes && byteCount < Self.byteLimit ? .next : send()
    }

    /// What has been gathered.
    mutating func send() -> Visit {
        if items.isEmpty { return .next }
        let changes = items.sorted(by: order).map(change)
        (items, byteCount) = ([], 0)
        return window.submit(changes)
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
