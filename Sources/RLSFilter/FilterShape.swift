/// What two filters must share to be compared bit by bit: how a name is hashed, how many bits there are, how many a
/// name sets.
package struct FilterShape: Hashable, Sendable {
    package enum Hashing: UInt8, Sendable {
        /// The original's: rotate and xor, one hash a bit.
        case legacy = 0
        /// One XXH3-128 a name, from which every position follows.
        case xxh3 = 1

        package var maximumHashes: Int { self == .legacy ? LegacyHash.rotations.scalarCount : 30 }
    }

    package static let maximumBits = Int(UInt32.max)

    package let hashing: Hashing
    package let bits: Int
    package let hashes: Int

    /// Nil for numbers that no filter can have; they may come from anyone.
    package init?(_ hashing: Hashing, bits: Int, hashes: Int) {
        guard 1...Self.maximumBits ~= bits, 1...hashing.maximumHashes ~= hashes else { return nil }
        self.init(hashing, checkedBits: bits, hashes: hashes)
    }

    init(_ hashing: Hashing, checkedBits bits: Int, hashes: Int) {
        self.hashing = hashing
        self.bits = bits
        self.hashes = hashes
    }

    /// On the wire the original sends one byte more when the bits fill theirs.
    package var byteCount: Int { hashing == .legacy ? bits / 8 + 1 : (bits + 7) / 8 }

    /// Where bit `index` of a name is: in byte `position >> 3`, under mask `0x80 >> (position & 7)`.
    @inline(__always)
    package func position(_ index: Int, of name: NameHashes) -> Int {
        switch hashing {
        case .legacy:
            return Int(name.legacy[index] % UInt32(truncatingIfNeeded: bits))
        case .xxh3:
            // The high half of the product maps 64 bits onto 0..<bits without a division.
            let hash = name.first &+ UInt64(truncatingIfNeeded: index) &* name.second
            return Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(truncatingIfNeeded: bits)).high)
        }
    }
}

extension FilterShape {
    /// The share of absent names that are taken for present when so many bits are set.
    package func falsePositiveRate(population: Int) -> Double {
        let share = Double(population) / Double(bits)
        return (0..<hashes).reduce(1) { rate, _ in rate * share }
    }
}
