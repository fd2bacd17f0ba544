/// The filter of a catalog, kept in step with its names: it counts how many names need each bit, so names can leave
/// it.
///
/// A name must be inserted once when it comes and removed once when it goes.
package struct CountingFilter: Sendable {
    package let shape: FilterShape
    /// What is sent: whole, or as a delta.
    package private(set) var bits: FilterBits
    /// Names inserted and not removed.
    package private(set) var names = 0
    /// Bits that are set.
    package private(set) var population = 0
    private var counters: NibbleCounters
    private var log: FlipLog

    package init(_ shape: FilterShape) {
        self.shape = shape
        bits = FilterBits(shape)
        counters = NibbleCounters(count: shape.bits)
        log = FlipLog(limit: max(4096, shape.bits / 32))
    }

    package mutating func insert(_ name: Span<UInt8>) {
        let hashes = NameHashes(name, for: shape)
        for index in 0..<shape.hashes {
            let position = shape.position(index, of: hashes)
            if counters.increment(position) { flip(position, population: 1) }
        }
        names += 1
    }

    /// Clears the bits that no other name needs.
    package mutating func remove(_ name: Span<UInt8>) {
        let hashes = NameHashes(name, for: shape)
        for index in 0..<shape.hashes {
            let position = shape.position(index, of: hashes)
            if counters.decrement(position) { flip(position, population: -1) }
        }
        names = max(names - 1, 0)
    }

    package mutating func removeAll() {
        log.forget(flips: population)
        bits = FilterBits(shape)
        counters = NibbleCounters(count: shape.bits)
        names = 0
        population = 0
    }

    private mutating func flip(_ position: Int, population change: Int) {
        bits.flip(position)
        population += change
        log.record(position)
    }
}

extension CountingFilter {
    /// Flips so far: it grows whenever the bits change. Versions of two filters have nothing to do with each other.
    package var version: UInt64 { log.version }

    /// What changed since that version; nil when that is no longer known, or when the whole filter is the better
    /// thing to send.
    package func delta(since version: UInt64) -> FilterDelta? { flips(since: version)?.delta }

    /// The same, but for the work: for a caller that holds a lock.
    package func flips(since version: UInt64) -> FilterFlips? {
        // A copy of these: a slice would make the next flip copy the whole log.
        log.flips(since: version).map { FilterFlips(shape: shape, positions: Array($0)) }
    }
}

/// Bits that were flipped, in order.
package struct FilterFlips: Sendable {
    let shape: FilterShape
    let positions: [UInt32]

    /// nil when the whole filter is the better thing to send.
    package var delta: FilterDelta? {
        let delta = FilterDelta(shape, flips: positions)
        return delta.encodedCount <= shape.byteCount / 2 ? delta : nil
    }
}
