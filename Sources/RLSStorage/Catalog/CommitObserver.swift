import NIOConcurrencyHelpers

/// Whom the writer tells of what it has committed.
package final class CommitObserver: Sendable {
    /// A closure by itself would be wrapped anew each time it is read through a generic box, and the box keep the wrapping.
    private struct Observer {
        let tell: @Sendable ([CatalogEvent]) -> Void
    }

    private let observer = NIOLockedValueBox<Observer?>(nil)

    package init() {}

    package func set(_ observer: @escaping @Sendable ([CatalogEvent]) -> Void) {
        self.observer.withLockedValue { $0 = Observer(tell: observer) }
    }

    package func tell(_ events: [CatalogEvent]) { observer.withLockedValue { $0 }?.tell(events) }
}
