// Writing a block that no look-up reads yet.
extension RowBlock {
    /// Takes the columns of a block that is as wide or narrower. New columns hold anything.
    func copy(_ old: RowBlock) {
        if old.rowBits == rowBits {
            base.copyMemory(from: old.base, byteCount: byteCount)
        } else if old.rowBits < 8 {
            for row in 0..<rows { put(old.field(row), row) }
        } else {
            copyWide(old)
        }
    }

    /// A row into a fresh block of up to 8 columns.
    private func put(_ field: UInt8, _ row: Int) {
        let offset = (row &* rowBits) &>> 3
        let byte = base.load(fromByteOffset: offset, as: UInt8.self) | field &<< UInt8(truncatingIfNeeded: shift(row))
        base.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    /// Eight bytes at a time: what is written too far is overwritten by the next row, or falls into new columns or
    /// the padding.
    private func copyWide(_ old: RowBlock) {
        var source = UnsafeRawPointer(old.base)
        var target = base
        for _ in 0..<rows {
            var offset = 0
            while offset < old.rowBytes {
                let word = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                target.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
                offset &+= 8
            }
            source += old.rowBytes
            target += rowBytes
        }
    }

    /// Makes a column the bits of a filter from byte `offset` on.
    func fill(_ column: Int, from filter: Span<UInt8>, at offset: Int) {
        if rowBits == 1 {
            let part = filter.extracting(offset..<offset + byteCount)
            part.withUnsafeBytes { base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            return
        }
        for first in stride(from: 0, to: rows, by: 64) {
            let bits = filter.bigEndianWord(at: offset &+ first &>> 3)
            fill(column, rows: first..<min(first &+ 64, rows), with: bits)
        }
    }

    @inline(__always)
    private func fill(_ column: Int, rows: Range<Int>, with bits: UInt64) {
        var bits = bits
        for row in rows {
            let (offset, mask) = place(row, column)
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            // All ones or all zeros, without a branch that half of the rows would mispredict.
            let sign = UInt8(truncatingIfNeeded: Int64(bitPattern: bits) &>> 63)
            base.storeBytes(of: (byte & ~mask) | (sign & mask), toByteOffset: offset, as: UInt8.self)
            bits &<<= 1
        }
    }
}

extension RowBlock {
    /// A spare block of that size, or a new one. The spare is used up either way.
    static func reusing(_ spare: inout RowBlock?, rows: Int, rowBits: Int) -> RowBlock {
        defer { spare = nil }
        if let spare, spare.rows == rows, spare.rowBits == rowBits { return spare }
        spare?.deallocate()
        return RowBlock(rows: rows, rowBits: rowBits)
    }

    /// Appends the bits of a column, first row highest.
    func append(_ column: Int, to bytes: inout [UInt8]) {
        if rowBits == 1 {
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: base, count: byteCount))
            return
        }
        for first in stride(from: 0, to: rows, by: 8) { bytes.append(byte(column, from: first)) }
    }

    @inline(__always)
    private func byte(_ column: Int, from first: Int) -> UInt8 {
        var byte: UInt8 = 0
        for row in first..<min(first &+ 8, rows) where self[row, column] {
            byte |= 0x80 &>> UInt8(truncatingIfNeeded: row &- first)
        }
        return byte
    }
}

extension Span<UInt8> {
    /// Eight bytes from `offset` on, the first highest; 0 for those behind the end.
    @inline(__always)
    func bigEndianWord(at offset: Int) -> UInt64 {
        if offset &+ 8 <= count {
            return UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        return (offset..<count).reduce(0) { word, index in
            word | UInt64(self[index]) << UInt64(56 - 8 * (index - offset))
        }
    }
}
