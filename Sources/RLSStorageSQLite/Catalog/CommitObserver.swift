import NIOConcurrencyHelpers
import RLSStorage

/// Whom the writer tells of what it has committed.
final class CommitObserver: Sendable {
    private let observer = NIOLockedValueBox<(@Sendable ([CatalogEvent]) -> Void)?>(nil)

    func set(_ observer: @escaping @Sendable ([CatalogEvent]) -> Void) {
        self.observer.withLockedValue { $0 = observer }
    }

    func tell(_ events: [CatalogEvent]) { observer.withLockedValue { $0 }?(events) }
}
