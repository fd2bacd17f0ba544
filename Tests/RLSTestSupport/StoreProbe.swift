import RLSCore
import RLSStorage

/// A store with the calls that tests make of it, awaited.
package struct StoreProbe: Sendable {
    package let store: any CatalogStore

    package init(_ store: any CatalogStore) { self.store = store }

    /// What became of each change, in order: nil where it was made.
    package func apply(_ changes: [Change]) async throws -> [CatalogError?] {
        let outcome = await withCheckedContinuation { continuation in
            store.submit(WriteRequest(changes) { continuation.resume(returning: $0) })
        }
        var results: [CatalogError?] = Array(repeating: nil, count: changes.count)
        for failure in try outcome.get() { results[failure.index] = failure.error }
        return results
    }

    package func apply(_ change: Change) async throws -> CatalogError? { try await apply([change])[0] }

    package func targets(of lfn: ByteString) throws -> [ByteString] {
        var found: [ByteString] = []
        let bytes = lfn.bytes
        try store.makeReader().partners(of: .lfn, bytes.span, after: nil) {
            found.append(ByteString($0))
            return .next
        }
        return found
    }

    /// A walk in steps of so many rows, each from where the last stopped.
    package func walk(
        by kind: NameKind, prefix: ByteString, order: MappingOrder, step: Int
    ) throws -> [MappingPosition] {
        let reader = try store.makeReader()
        var rows: [MappingPosition] = []
        var hasMore = true
        while hasMore {
            var taken = 0
            try reader.mappings(by: kind, prefix: prefix, order: order, after: rows.last) { name, partner in
                rows.append(MappingPosition(name: ByteString(name), partner: ByteString(partner)))
                taken += 1
                return taken == step ? .stop : .next
            }
            hasMore = taken == step
        }
        return rows
    }

    package func search(_ name: ByteString, _ condition: AttributeCondition, step: Int = 1_000) throws -> [ByteString] {
        let reader = try store.makeReader()
        guard let definition = try reader.attributeDefinition(.lfn, name) else { return ["no such attribute"] }
        var keys: [ByteString] = []
        var after: SearchPosition?
        var hasMore = true
        while hasMore {
            var taken = 0
            try reader.search(definition, condition, after: after) { key, value, position in
                if condition.admits(value) { keys.append(ByteString(key)) }
                after = position
                taken += 1
                return taken == step ? .stop : .next
            }
            hasMore = taken == step
        }
        return keys
    }

    package func values(of lfn: ByteString) throws -> [NamedValue] {
        let bytes = lfn.bytes
        return try store.makeReader().attributeValues(.lfn, of: bytes.span)
    }
}
