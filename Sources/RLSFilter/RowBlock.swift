#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Rows of a filter table, all of one width, in memory of their own. A row has a bit for each column.
///
/// Rows of 8 columns or more are whole bytes, column 0 in the lowest bit of the first. Narrower ones share bytes,
/// the first row highest, so that a single column has the layout of the filter itself.
///
/// Not bounds-checked, and Sendable only because the table sees to it that nobody writes what another thread may
/// read.
struct RowBlock: @unchecked Sendable {
    static let capacity = 1 << 15
    /// Rows are read in up to 128 bytes at once, the last row too.
    private static let padding = 128
    /// From here on memory comes from the system and goes back to it: the heap would keep the holes that widening
    /// leaves.
    private static let mappedSize = 1 << 16

    let rows: Int
    let rowBits: Int
    let base: UnsafeMutableRawPointer

    /// All bits 0.
    init(rows: Int, rowBits: Int) {
        self.rows = rows
        self.rowBits = rowBits
        let size = Self.size(rows, rowBits)
        let isMapped = size >= Self.mappedSize
        let memory =
            isMapped ? mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : calloc(1, size)
        guard let memory, memory != MAP_FAILED else { fatalError("no memory for a filter table") }
        base = memory
    }

    /// To be called once, when no look-up can read the block any more.
    func deallocate() {
        if byteCount >= Self.mappedSize { munmap(base, byteCount) } else { free(base) }
    }

    private static func size(_ rows: Int, _ rowBits: Int) -> Int {
        rowBits < 8 ? (rows * rowBits + 7) / 8 : rows * rowBits / 8 + padding
    }

    var byteCount: Int { Self.size(rows, rowBits) }
    var rowBytes: Int { rowBits &>> 3 }
}

extension RowBlock {
    /// The first 64 columns of a row; beyond the width of the row there may be anything.
    @inline(__always)
    func word(_ row: Int) -> UInt64 {
        if rowBits < 8 { return UInt64(truncatingIfNeeded: field(row)) }
        return UInt64(littleEndian: base.loadUnaligned(fromByteOffset: row &* rowBytes, as: UInt64.self))
    }

    /// Columns from `word` × 64 on; beyond the width of the row there may be anything.
    @inline(__always)
    func words<Words: SIMD & BitwiseCopyable>(_ row: Int, from word: Int) -> Words where Words.Scalar == UInt64 {
        base.loadUnaligned(fromByteOffset: row &* rowBytes &+ word &* 8, as: Words.self)
    }

    subscript(row: Int, column: Int) -> Bool {
        let (offset, mask) = place(row, column)
        return base.load(fromByteOffset: offset, as: UInt8.self) & mask != 0
    }

    func flip(_ row: Int, _ column: Int) {
        let (offset, mask) = place(row, column)
        base.storeBytes(
            of: base.load(fromByteOffset: offset, as: UInt8.self) ^ mask, toByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    func place(_ row: Int, _ column: Int) -> (offset: Int, mask: UInt8) {
        if rowBits < 8 { return ((row &* rowBits) &>> 3, 1 &<< UInt8(truncatingIfNeeded: shift(row) &+ column)) }
        return (row &* rowBytes &+ column &>> 3, 1 &<< UInt8(truncatingIfNeeded: column))
    }

    /// A row of up to 8 columns.
    @inline(__always)
    func field(_ row: Int) -> UInt8 {
        let byte = base.load(fromByteOffset: (row &* rowBits) &>> 3, as: UInt8.self)
        return (byte &>> UInt8(truncatingIfNeeded: shift(row))) & UInt8(truncatingIfNeeded: (1 &<< rowBits) &- 1)
    }

    @inline(__always)
    func shift(_ row: Int) -> Int { 8 &- rowBits &- (row &* rowBits & 7) }
}
