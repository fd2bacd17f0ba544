/// The original's hash: h = rotl32(h, r) xor c for every byte c, a signed char.
enum LegacyHash {
    static let rotations = SIMD8<UInt32>(3, 5, 7, 1, 2, 4, 6, 8)

    /// The first `count` hashes of a name.
    static func hashes(_ name: Span<UInt8>, count: Int) -> SIMD8<UInt32> {
        if count == 0 { return .zero }
        var hashes = three(name)
        for index in 3..<max(count, 3) { hashes[index] = hash(name, rotation: rotations[index]) }
        return hashes
    }

    /// Three at once, the usual number: each waits for its last step, so two more cost nothing.
    private static func three(_ name: Span<UInt8>) -> SIMD8<UInt32> {
        var first: UInt32 = 0
        var second: UInt32 = 0
        var third: UInt32 = 0
        for index in name.indices {
            let byte = signExtended(name[index])
            first = rotated(first, 3) ^ byte
            second = rotated(second, 5) ^ byte
            third = rotated(third, 7) ^ byte
        }
        return SIMD8(first, second, third, 0, 0, 0, 0, 0)
    }

    private static func hash(_ name: Span<UInt8>, rotation: UInt32) -> UInt32 {
        var hash: UInt32 = 0
        for index in name.indices { hash = rotated(hash, rotation) ^ signExtended(name[index]) }
        return hash
    }

    @inline(__always)
    private static func rotated(_ hash: UInt32, _ by: UInt32) -> UInt32 { (hash &<< by) | (hash &>> (32 &- by)) }

    @inline(__always)
    private static func signExtended(_ byte: UInt8) -> UInt32 {
        UInt32(truncatingIfNeeded: Int8(bitPattern: byte))
    }
}
