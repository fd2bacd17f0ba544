import RLSCore

extension FilterBits {
    private static let legacyHeader = 8

    /// The original's saved filter: bits and hashes as 32-bit little-endian numbers, then the bytes. Nil for
    /// anything else.
    package init?(legacyFile file: Span<UInt8>) {
        guard file.count > Self.legacyHeader else { return nil }
        let bits = Int(Self.number(file, at: 0))
        let hashes = Int(Self.number(file, at: 4))
        // Compared before anything is allocated: the file may claim any size.
        guard let shape = FilterShape(.legacy, bits: bits, hashes: hashes),
            shape.byteCount == file.count - Self.legacyHeader
        else { return nil }
        let body = file.extracting(Self.legacyHeader...)
        self.init(shape, bytes: ByteString(body).bytes)
    }

    /// Nil for a filter that the original could not read.
    package var legacyFile: [UInt8]? {
        guard shape.hashing == .legacy else { return nil }
        var file: [UInt8] = []
        file.reserveCapacity(Self.legacyHeader + bytes.count)
        for number in [shape.bits, shape.hashes] {
            for shift in [0, 8, 16, 24] { file.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        file.append(contentsOf: bytes)
        return file
    }

    private static func number(_ file: Span<UInt8>, at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { number, index in number | UInt32(file[offset + index]) << UInt32(8 * index) }
    }
}
