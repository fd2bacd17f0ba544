import RLSCore
import RLSFilter

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Names like those of a site; made without formatting, which debug builds are slow at.
func name(_ number: Int) -> [UInt8] {
    var bytes = Array("lfn://site/data-00000000.gwf".utf8)
    var rest = number
    for index in stride(from: 23, through: 16, by: -1) {
        bytes[index] = UInt8(48 + rest % 10)
        rest /= 10
    }
    return bytes
}

extension FilterBits {
    init(_ shape: FilterShape, names: some Sequence<Int>) {
        self.init(shape)
        for number in names { insert(number) }
    }

    mutating func insert(_ number: Int) {
        let bytes = name(number)
        let span = bytes.span
        insert(span)
    }

    func contains(_ number: Int) -> Bool {
        let bytes = name(number)
        let span = bytes.span
        return contains(span)
    }

    func bit(_ position: Int) -> Bool { bytes[position / 8] & (0x80 >> (position % 8)) != 0 }
}

extension CountingFilter {
    mutating func insert(_ number: Int) {
        let bytes = name(number)
        let span = bytes.span
        insert(span)
    }

    mutating func remove(_ number: Int) {
        let bytes = name(number)
        let span = bytes.span
        remove(span)
    }
}

extension FilterDelta {
    init?(_ shape: FilterShape, bytes: [UInt8], limit: Int = 1000) {
        let span = bytes.span
        self.init(shape, encoded: span, limit: limit)
    }
}

extension FilterSet {
    func senders(maybeHolding number: Int) -> [Int] {
        var senders: [Int] = []
        let bytes = name(number)
        let span = bytes.span
        appendSenders(maybeHolding: span, to: &senders)
        return senders
    }
}

/// A shape that is known to be valid.
func shape(_ hashing: FilterShape.Hashing, _ bits: Int, _ hashes: Int) -> FilterShape {
    guard let shape = FilterShape(hashing, bits: bits, hashes: hashes) else { fatalError("no such shape") }
    return shape
}
