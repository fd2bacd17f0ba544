import RLSCore
import RLSStorage
import RLSWire

/// An item of a bulk request that changes the catalog.
protocol BulkChangeItem: BulkItem {
    /// How its failure is named in the reply.
    var failureNames: (first: ByteString, second: ByteString) { get }
}

extension BulkPair: BulkChangeItem {
    var failureNames: (first: ByteString, second: ByteString) { (first, second) }
}

extension AttributeAssignment: BulkChangeItem {
    var failureNames: (first: ByteString, second: ByteString) { (key, name) }
}

extension BulkAttributeRemoval: BulkChangeItem {
    var failureNames: (first: ByteString, second: ByteString) { (key, name) }
}

/// The items of a bulk request as changes, with those set aside that are none.
struct BulkChanges<Entry: BulkChangeItem>: Sendable {
    private let entries: [Entry]
    private var changes: [Change] = []
    /// For each change the index of its entry.
    private var origins: [Int] = []
    private var rejected: [ChangeFailure] = []

    init(_ entries: [Entry], _ make: (Entry) throws(CatalogError) -> Change) {
        self.entries = entries
        changes.reserveCapacity(entries.count)
        origins.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            do throws(CatalogError) {
                changes.append(try make(entry))
                origins.append(index)
            } catch {
                rejected.append(ChangeFailure(index: index, error: error))
            }
        }
    }

    var pendingWrite: PendingWrite {
        let (entries, origins, rejected) = (entries, origins, rejected)
        let refused = rejected.filter { $0.error.code == .permission }.map(\.error.subject)
        return PendingWrite(changes: changes, refused: refused) { failures, buffer in
            buffer.writeStatus(.success)
            let late = failures.map { ChangeFailure(index: origins[$0.index], error: $0.error) }
            for failure in (rejected + late).sorted(by: { $0.index < $1.index }) {
                let (first, second) = entries[failure.index].failureNames
                BulkFailure(failure.error.code, first, second).encode(into: &buffer)
            }
            buffer.writeListEnd(more: false)
        }
    }
}
