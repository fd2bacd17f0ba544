/// Which bits were flipped lately, in order: what a receiver is told instead of the whole filter.
struct FlipLog: Sendable {
    /// Flips so far.
    private(set) var version: UInt64 = 0
    private var positions: [UInt32] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func record(_ position: Int) {
        // Half at a time, so that a flip does not move the whole log.
        if positions.count == limit { positions.removeFirst(limit - limit / 2) }
        positions.append(UInt32(truncatingIfNeeded: position))
        version += 1
    }

    /// Too much has changed to tell: earlier versions are out of reach.
    mutating func forget(flips: Int) {
        positions = []
        version += UInt64(max(flips, 1))
    }

    /// Nil when the log does not reach back to that version, or has not come to it.
    func flips(since version: UInt64) -> ArraySlice<UInt32>? {
        guard version <= self.version, self.version - version <= UInt64(positions.count) else { return nil }
        return positions.suffix(Int(self.version - version))
    }
}
