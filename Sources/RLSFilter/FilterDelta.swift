/// The bits in which two filters of one shape differ.
package struct FilterDelta: Hashable, Sendable {
    package let shape: FilterShape
    /// Ascending, each once, each below the shape's bits.
    package let positions: [UInt32]

    /// A bit that was flipped an even number of times is as it was.
    init(_ shape: FilterShape, flips: [UInt32]) {
        var kept: [UInt32] = []
        kept.reserveCapacity(flips.count)
        for position in flips.sorted() {
            if kept.last == position { kept.removeLast() } else { kept.append(position) }
        }
        self.shape = shape
        positions = kept
    }

    init(_ shape: FilterShape, checkedPositions positions: [UInt32]) {
        self.shape = shape
        self.positions = positions
    }

    package var count: Int { positions.count }
    package var isEmpty: Bool { positions.isEmpty }
}

// The encoding: for each position the number of bits skipped since the last, seven bits a byte, low bits first, the
// top bit set on all but the last byte.
extension FilterDelta {
    package var encodedCount: Int {
        var next = 0
        return positions.reduce(0) { count, position in
            let gap = Int(position) - next
            next = Int(position) + 1
            return count + Self.length(gap)
        }
    }

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encodedCount)
        var next = 0
        for position in positions {
            Self.append(Int(position) - next, to: &bytes)
            next = Int(position) + 1
        }
        return bytes
    }

    private static func length(_ gap: Int) -> Int {
        let bits = Int.bitWidth - gap.leadingZeroBitCount
        return max((bits + 6) / 7, 1)
    }

    private static func append(_ gap: Int, to bytes: inout [UInt8]) {
        var rest = gap
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

extension FilterDelta {
    /// Nil for bytes that `encoded` of a delta of this shape does not give, or for more than `limit` positions.
    package init?(_ shape: FilterShape, encoded bytes: Span<UInt8>, limit: Int) {
        var positions: [UInt32] = []
        var offset = 0
        var next = 0
        while offset < bytes.count {
            guard positions.count < limit, let gap = Self.gap(bytes, &offset), gap < shape.bits - next else {
                return nil
            }
            positions.append(UInt32(next + gap))
            next += gap + 1
        }
        self.init(shape, checkedPositions: positions)
    }

    /// Five bytes hold any gap; a last byte of 0 behind another would be a second way to write the same number.
    private static func gap(_ bytes: Span<UInt8>, _ offset: inout Int) -> Int? {
        var gap = 0
        for index in 0..<5 where offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            gap |= Int(byte & 0x7f) << (7 * index)
            if byte < 0x80 { return byte == 0 && index > 0 ? nil : gap }
        }
        return nil
    }
}
