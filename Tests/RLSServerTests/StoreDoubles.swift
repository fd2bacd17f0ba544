import Dispatch
import NIOConcurrencyHelpers
import RLSStorage

/// Passes reads on to another store; what it does with writes is the test's choice.
class ForwardingStore: CatalogStore, @unchecked Sendable {
    // Set once, before the server starts.
    var inner: (any CatalogStore)?

    var answersInPlace: Bool { inner?.answersInPlace ?? true }
    var counts: CatalogCounts { inner?.counts ?? CatalogCounts() }
    func submit(_ request: WriteRequest<Change>) { inner?.submit(request) }
    func shutdown() { inner?.shutdown() }
    func observe(_ observer: @escaping @Sendable ([CatalogEvent]) -> Void) { inner?.observe(observer) }
    func betweenCommits(_ work: @escaping @Sendable () -> Void) throws(StorageError) { try inner?.betweenCommits(work) }
    func makeReader() throws(StorageError) -> any CatalogReader {
        guard let inner else { throw StorageError(.closed, "no store") }
        return try inner.makeReader()
    }
}

/// Refuses writes with changes while told to, as a full disk does.
final class FailingStore: ForwardingStore, @unchecked Sendable {
    let isFailing = NIOLockedValueBox(false)

    override func submit(_ request: WriteRequest<Change>) {
        if isFailing.withLockedValue({ $0 }) && !request.changes.isEmpty {
            request.completion(.failure(StorageError(.full, "/path: full")))
        } else {
            super.submit(request)
        }
    }
}

/// Holds writes back until it is opened.
final class GatedStore: ForwardingStore, @unchecked Sendable {
    private let held = NIOLockedValueBox<[WriteRequest<Change>]>([])
    private let arrived = DispatchSemaphore(value: 0)

    override func submit(_ request: WriteRequest<Change>) {
        held.withLockedValue { $0.append(request) }
        arrived.signal()
    }

    func waitForRequest() { arrived.wait() }

    func open() { for request in held.withLockedValue({ exchange(&$0, with: []) }) { super.submit(request) } }
}
