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

/// A change, and how much work it is.
package protocol SizedChange: Sendable {
    /// Rows, about.
    var size: Int { get }
}

extension SizedChange {
    package var size: Int { 1 }
}

/// The changes of one protocol request, committed together and answered after the commit is durable.
package struct WriteRequest<Change: SizedChange>: Sendable {
    package let changes: [Change]
    package let size: Int
    package let completion: @Sendable (WriteOutcome) -> Void

    package init(_ changes: [Change], completion: @escaping @Sendable (WriteOutcome) -> Void) {
        self.changes = changes
        size = changes.reduce(0) { $0 + $1.size }
        self.completion = completion
    }
}
