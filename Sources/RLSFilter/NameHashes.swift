import CXXHash

/// What is computed once of a name; its position in a filter of any shape follows from this.
package struct NameHashes: Sendable {
    let first: UInt64
    /// Odd, so that no two positions coincide before they are scaled to the filter.
    let second: UInt64
    let legacy: SIMD8<UInt32>

    /// Enough for filters of one shape.
    package init(_ name: Span<UInt8>, for shape: FilterShape) {
        let isLegacy = shape.hashing == .legacy
        self.init(name, xxh3: !isLegacy, legacy: isLegacy ? shape.hashes : 0)
    }

    /// Enough for filters of ours if `xxh3`, and for the original's of up to `legacy` hashes.
    package init(_ name: Span<UInt8>, xxh3: Bool, legacy: Int) {
        let hash = xxh3 ? XXH3.hash(name) : (low: 0, high: 0)
        first = hash.low
        second = hash.high | 1
        self.legacy = LegacyHash.hashes(name, count: legacy)
    }
}

/// XXH3-128 of any bytes.
package enum XXH3 {
    package static func hash(_ bytes: Span<UInt8>) -> (low: UInt64, high: UInt64) {
        let hash = bytes.withUnsafeBufferPointer { rls_xxh3_128($0.baseAddress, $0.count) }
        return (hash.low, hash.high)
    }
}
