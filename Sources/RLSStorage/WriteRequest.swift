import RLSCore

/// A change that was refused; the others of its request stand.
package struct ChangeFailure: Sendable, Hashable {
    package let index: Int
    package let error: CatalogError

    package init(index: Int, error: CatalogError) {
        self.index = index
        self.error = error
    }
}

package typealias WriteOutcome = Result<[ChangeFailure], StorageError>

/// The changes of one protocol request, committed together and answered after the commit is durable.
package struct WriteRequest<Change: Sendable>: Sendable {
    package let changes: [Change]
    package let completion: @Sendable (WriteOutcome) -> Void

    package init(_ changes: [Change], completion: @escaping @Sendable (WriteOutcome) -> Void) {
        self.changes = changes
        self.completion = completion
    }
}
