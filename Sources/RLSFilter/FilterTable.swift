/// The filters of one shape, turned: a row for each bit position, a column for each sender. One look-up reads the
/// rows of a name and finds every sender, however many there are.
///
/// Look-ups run under the set's look-up lock; updates run one at a time. Hence an update may read without the
/// look-up lock, and must hold it to write what look-ups may read.
final class FilterTable: @unchecked Sendable {
    let shape: FilterShape
    private(set) var blocks: [RowBlock]
    /// Columns whose bits mean something. As long as the columns in use need: nothing beyond is read.
    private var live: [UInt64] = [0]
    private var columns: [Column?] = [nil]
    private(set) var count = 0

    private struct Column {
        let sender: Int
        var population: Int
    }

    /// A table of one column, which is not in use yet.
    init(_ filter: FilterBits) {
        shape = filter.shape
        blocks = stride(from: 0, to: filter.shape.bits, by: RowBlock.capacity).map { first in
            let block = RowBlock(rows: min(RowBlock.capacity, filter.shape.bits - first), rowBits: 1)
            block.fill(0, from: filter.bytes.span, at: first / 8)
            return block
        }
    }

    /// A table with a column for each of these filters, which are of one shape; none is in use yet.
    init(_ filters: [FilterBits], shape: FilterShape) {
        self.shape = shape
        let width = Self.width(for: filters.count)
        columns = Array(repeating: nil, count: width)
        // Block by block: what is written lies together.
        blocks = stride(from: 0, to: shape.bits, by: RowBlock.capacity).map { first in
            let block = RowBlock(rows: min(RowBlock.capacity, shape.bits - first), rowBits: width)
            for (column, filter) in filters.enumerated() {
                let bytes = filter.bytes
                block.fill(column, from: bytes.span, at: first / 8)
            }
            return block
        }
    }

    deinit {
        for block in blocks { block.deallocate() }
    }

    var byteCount: Int { blocks.reduce(0) { $0 + $1.byteCount } }
}

// Columns.
extension FilterTable {
    /// A column that is not in use; beyond the width when all are.
    var freeColumn: Int { columns.firstIndex { $0 == nil } ?? columns.count }

    /// How wide a row is that has the column.
    func width(with column: Int) -> Int {
        column < columns.count ? columns.count : Self.width(after: columns.count)
    }

    /// 1, 2, 4, 8, then whole bytes, a sixteenth more at a time: little is reserved, and little copied for each
    /// sender.
    static func width(after width: Int) -> Int {
        width < 8 ? width * 2 : (width + max(8, width / 16) + 7) & ~7
    }

    private static func width(for count: Int) -> Int {
        var width = 1
        while width < count && width < 8 { width *= 2 }
        return count <= width ? width : (count + 7) & ~7
    }

    func occupy(_ column: Int, by sender: Int, population: Int, width: Int) {
        columns += Array(repeating: nil, count: width - columns.count)
        live += Array(repeating: 0, count: max(column / 64 + 1 - live.count, 0))
        columns[column] = Column(sender: sender, population: population)
        live[column / 64] |= 1 << UInt64(column % 64)
        count += 1
    }

    func vacate(_ column: Int) {
        columns[column] = nil
        live[column / 64] &= ~(1 << UInt64(column % 64))
        count -= 1
    }

    func population(_ column: Int) -> Int { columns[column]?.population ?? 0 }

    func replaceBlock(_ index: Int, with block: RowBlock) { blocks[index] = block }

    /// Flips bits of a column in use.
    func flip(_ positions: ArraySlice<UInt32>, in column: Int) {
        var change = 0
        for position in positions {
            let row = Int(position) % RowBlock.capacity
            let block = blocks[Int(position) / RowBlock.capacity]
            block.flip(row, column)
            change += block[row, column] ? 1 : -1
        }
        columns[column]?.population += change
    }

    func extract(_ column: Int) -> FilterBits? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(shape.byteCount)
        for block in blocks { block.append(column, to: &bytes) }
        bytes += Array(repeating: 0, count: shape.byteCount - bytes.count)
        return FilterBits(shape, bytes: bytes)
    }
}

// Look-ups.
extension FilterTable {
    func appendSenders(maybeHolding name: NameHashes, to senders: inout [Int]) {
        switch live.count {
        case 1: appendSenders(ofWord: 0, intersection(name), &senders)
        case 2: appendSenders(from: 0, intersection(name, from: 0) as SIMD2, &senders)
        case 3...4: appendSenders(from: 0, intersection(name, from: 0) as SIMD4, &senders)
        case 5...8: appendSenders(from: 0, intersection(name, from: 0) as SIMD8, &senders)
        default:
            for word in stride(from: 0, to: live.count, by: 16) {
                appendSenders(from: word, intersection(name, from: word) as SIMD16, &senders)
            }
        }
    }

    /// Up to 64 columns: an absent name is known for one after two or three rows.
    private func intersection(_ name: NameHashes) -> UInt64 {
        var common = live[0]
        for index in 0..<shape.hashes where common != 0 {
            let position = shape.position(index, of: name)
            common &= blocks[position / RowBlock.capacity].word(position % RowBlock.capacity)
        }
        return common
    }

    /// More columns: some sender is nearly always left until the last row, and without a test all rows are fetched
    /// at once.
    @inline(__always)
    private func intersection<Words: SIMD & BitwiseCopyable>(_ name: NameHashes, from word: Int) -> Words
    where Words.Scalar == UInt64 {
        var common = Words(repeating: ~0)
        for index in 0..<shape.hashes {
            let position = shape.position(index, of: name)
            let row: Words = blocks[position / RowBlock.capacity].words(position % RowBlock.capacity, from: word)
            common = common & row
        }
        return common
    }

    @inline(__always)
    private func appendSenders<Words: SIMD>(from word: Int, _ common: Words, _ senders: inout [Int])
    where Words.Scalar == UInt64 {
        for index in 0..<min(common.scalarCount, live.count - word) {
            appendSenders(ofWord: word + index, UInt64(littleEndian: common[index]) & live[word + index], &senders)
        }
    }

    @inline(__always)
    private func appendSenders(ofWord word: Int, _ found: UInt64, _ senders: inout [Int]) {
        var rest = found
        while rest != 0 {
            if let column = columns[word * 64 + rest.trailingZeroBitCount] { senders.append(column.sender) }
            rest &= rest &- 1
        }
    }
}
