/// A counter of 0…15 for each bit of a filter. One that reaches 15 stays: it no longer knows how many names need
/// the bit.
struct NibbleCounters: Sendable {
    private static let stuck: UInt8 = 15
    private var bytes: [UInt8]

    init(count: Int) { bytes = [UInt8](repeating: 0, count: (count + 1) / 2) }

    /// True when the counter was 0.
    @inline(__always)
    mutating func increment(_ index: Int) -> Bool {
        let shift = Self.shift(index)
        let byte = bytes[index >> 1]
        let count = (byte &>> shift) & 15
        if count != Self.stuck { bytes[index >> 1] = byte &+ (1 &<< shift) }
        return count == 0
    }

    /// True when the counter is now 0, and was not.
    @inline(__always)
    mutating func decrement(_ index: Int) -> Bool {
        let shift = Self.shift(index)
        let byte = bytes[index >> 1]
        let count = (byte &>> shift) & 15
        if count == 0 || count == Self.stuck { return false }
        bytes[index >> 1] = byte &- (1 &<< shift)
        return count == 1
    }

    @inline(__always)
    private static func shift(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: (index & 1) << 2) }
}
