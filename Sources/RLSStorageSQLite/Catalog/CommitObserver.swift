import NIOConcurrencyHelpers
import RLSStorage

/// Whom the writer tells of what it has committed.
final class CommitObserver: Sendable {
    /// A closure by itself would be wrapped anew each time it is read through a generic box, and the box keep the wrapping.
    private struct Observer {
        let tell: @Sendable ([CatalogEvent]) -> Void
    }

    private let observer = NIOLockedValueBox<Observer?>(nil)

    func set(_ observer: @escaping @Sendable ([CatalogEvent]) -> Void) {
        self.observer.withLockedValue { $0 = Observer(tell: observer) }
    }

    func tell(_ events: [CatalogEvent]) { observer.withLockedValue { $0 }?.tell(events) }
}
