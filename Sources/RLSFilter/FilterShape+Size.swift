#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension FilterShape {
    /// What the original makes for so many names.
    package static func legacy(names: Int, bitsPerName: Int, hashes: Int) -> FilterShape {
        FilterShape(
            .legacy, checkedBits: legacyBits(names, bitsPerName),
            hashes: min(max(hashes, 1), Hashing.legacy.maximumHashes))
    }

    /// Ours: one absent name in `oneIn` is taken for present. Sizes come in classes, so that senders of like size
    /// share a table.
    package static func sized(names: Int, oneIn: Int) -> FilterShape {
        FilterShape(
            .xxh3, checkedBits: sizeClass(atLeast: bitsNeeded(names, oneIn: oneIn)), hashes: hashes(oneIn: oneIn))
    }

    /// Whether a filter kept in step still fits its names; if not, its keeper makes a new one of `sized`.
    package func suits(names: Int, oneIn: Int) -> Bool {
        guard hashing == .xxh3, hashes == Self.hashes(oneIn: oneIn) else { return false }
        return isWorth(
            Self.bitsNeeded(names, oneIn: oneIn), slack: bits / 64, least: Self.minimumBits, most: Self.largestClass)
    }

    /// The same for a filter of `legacy`.
    package func suits(names: Int, bitsPerName: Int, hashes: Int) -> Bool {
        guard hashing == .legacy, self.hashes == min(max(hashes, 1), hashing.maximumHashes) else { return false }
        let needed = Self.legacyBits(names, bitsPerName)
        return isWorth(needed, slack: bits / 16, least: Self.minimumLegacyBits, most: Self.maximumBits)
    }

    /// A little too full is tolerated, so that a filter made at the edge of its class is not made again at once; of ours, so
    /// little that the rate stays what it was asked to be, about.
    private func isWorth(_ needed: Int, slack: Int, least: Int, most: Int) -> Bool {
        let isLargeEnough = needed <= bits + slack || bits >= most
        return isLargeEnough && (needed >= bits / 4 || bits <= least)
    }
}

extension FilterShape {
    static let minimumBits = 1024
    static let minimumLegacyBits = 1000
    static let largestClass = 63 << 26

    private static func legacyBits(_ names: Int, _ bitsPerName: Int) -> Int {
        let (bits, overflows) = max(names, 0).multipliedReportingOverflow(by: max(bitsPerName, 1))
        return overflows ? maximumBits : min(max(bits, minimumLegacyBits), maximumBits)
    }

    private static func hashes(oneIn: Int) -> Int {
        min(max(Int(log2(Double(max(oneIn, 2))).rounded()), 1), Hashing.xxh3.maximumHashes)
    }

    /// As names × log2(oneIn) / ln 2, but for a whole number of hashes: rounding them costs a little more room.
    private static func bitsNeeded(_ names: Int, oneIn: Int) -> Int {
        let hashes = Double(hashes(oneIn: oneIn))
        let share = pow(1 / Double(max(oneIn, 2)), 1 / hashes)
        let bits = Double(max(names, 0)) * -hashes / log(1 - share)
        return Int(min(max(bits.rounded(.up), Double(minimumBits)), Double(maximumBits)))
    }

    /// 32…63 times a power of two: 32 classes an octave waste a thirty-second at most.
    private static func sizeClass(atLeast bits: Int) -> Int {
        let shift = Int.bitWidth - 1 - bits.leadingZeroBitCount - 5
        let mantissa = (bits + (1 << shift) - 1) >> shift
        return min(mantissa << shift, largestClass)
    }
}
