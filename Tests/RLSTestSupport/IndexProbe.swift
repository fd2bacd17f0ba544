import RLSCore
import RLSStorage

/// An index store with the calls that tests make of it, awaited.
package struct IndexProbe: Sendable {
    package let store: any IndexStore

    package init(_ store: any IndexStore) { self.store = store }

    @discardableResult
    package func commit(_ changes: IndexChange...) async throws -> [ChangeFailure] { try await commit(changes) }

    @discardableResult
    package func commit(_ changes: [IndexChange]) async throws -> [ChangeFailure] {
        try await withCheckedContinuation { continuation in
            store.submit(WriteRequest(changes) { continuation.resume(returning: $0) })
        }.get()
    }

    package func entries(of name: ByteString) throws -> [IndexEntry] {
        try Self.entries(of: name, store.makeReader())
    }

    package static func entries(of name: ByteString, _ reader: any IndexReader) throws -> [IndexEntry] {
        var found: [IndexEntry] = []
        let bytes = name.bytes
        try reader.entries(of: bytes.span) { entry in
            found.append(entry)
            return .next
        }
        return found
    }

    /// Senders that show the name while this is their live generation.
    package func visible(_ name: ByteString, _ live: Int) throws -> [Int] {
        try entries(of: name).filter { $0.isVisible(live...live) }.map(\.sender)
    }

    /// A walk in steps of so many rows, each from where the last stopped.
    package func walk(prefix: ByteString, order: MappingOrder, step: Int) throws -> [PurgeEntry] {
        let reader = try store.makeReader()
        var rows: [PurgeEntry] = []
        var hasMore = true
        while hasMore {
            var taken = 0
            let after = rows.last.map { IndexPosition(lfn: $0.lfn, sender: $0.entry.sender) }
            try reader.entries(prefix: prefix, order: order, after: after) { name, entry in
                rows.append(PurgeEntry(lfn: ByteString(name), entry: entry))
                taken += 1
                return taken == step ? .stop : .next
            }
            hasMore = taken == step
        }
        return rows
    }
}
