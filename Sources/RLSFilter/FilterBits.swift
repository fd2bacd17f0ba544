/// A Bloom filter as it is sent and kept: its shape and its bits.
package struct FilterBits: Hashable, Sendable {
    package let shape: FilterShape
    /// As many as the shape says; bits beyond the last are 0.
    package private(set) var bytes: [UInt8]

    package init(_ shape: FilterShape) {
        self.shape = shape
        bytes = [UInt8](repeating: 0, count: shape.byteCount)
    }

    /// Nil when the bytes are not as many as the shape says.
    package init?(_ shape: FilterShape, bytes: [UInt8]) {
        guard bytes.count == shape.byteCount else { return nil }
        self.shape = shape
        self.bytes = bytes
        clearBeyondEnd()
    }

    /// What a sender puts behind the last bit must not count as population.
    private mutating func clearBeyondEnd() {
        let last = bytes.count - 1
        let kept = UInt8(truncatingIfNeeded: 0xff00 >> (shape.bits - last * 8))
        // Not written unless it must be: that would copy bytes the caller still holds.
        if bytes[last] & ~kept != 0 { bytes[last] &= kept }
    }

    package func contains(_ name: Span<UInt8>) -> Bool { contains(NameHashes(name, for: shape)) }

    package func contains(_ name: NameHashes) -> Bool {
        for index in 0..<shape.hashes where !self[shape.position(index, of: name)] { return false }
        return true
    }

    package mutating func insert(_ name: Span<UInt8>) {
        let hashes = NameHashes(name, for: shape)
        for index in 0..<shape.hashes {
            let position = shape.position(index, of: hashes)
            if !self[position] { flip(position) }
        }
    }

    subscript(position: Int) -> Bool { bytes[position >> 3] & Self.mask(position) != 0 }

    @inline(__always)
    mutating func flip(_ position: Int) { bytes[position >> 3] ^= Self.mask(position) }

    @inline(__always)
    private static func mask(_ position: Int) -> UInt8 { 0x80 >> UInt8(truncatingIfNeeded: position & 7) }

    /// False, and nothing done, when the delta is of another shape.
    package mutating func apply(_ delta: FilterDelta) -> Bool {
        guard delta.shape == shape else { return false }
        for position in delta.positions { flip(Int(position)) }
        return true
    }

    /// Bits that are set.
    package var population: Int {
        let words = bytes.count / 8
        let raw = bytes.span.bytes
        var count = 0
        for word in 0..<words {
            count &+= raw.unsafeLoadUnaligned(fromByteOffset: word &* 8, as: UInt64.self).nonzeroBitCount
        }
        for index in (words * 8)..<bytes.count { count += bytes[index].nonzeroBitCount }
        return count
    }

    /// The share of absent names that are taken for present.
    package var falsePositiveRate: Double { shape.falsePositiveRate(population: population) }
}
