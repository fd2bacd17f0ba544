/// Reads a part of an array that may hold anything.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var position: Int
    let end: Int

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = min(range.upperBound, bytes.count)
    }

    init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

    var isAtEnd: Bool { position >= end }

    mutating func byte() throws(MetadataError) -> UInt8 {
        guard position < end else { throw .damaged("ends too early") }
        defer { position += 1 }
        return bytes[position]
    }

    /// Seven bits a byte, the lowest first; only the shortest form of a number is accepted.
    mutating func number() throws(MetadataError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, through: 63, by: 7) {
            let byte = try byte()
            let bits = UInt64(byte & 0x7f)
            guard shift < 63 || bits <= 1 else { break }
            value |= bits << UInt64(shift)
            if byte & 0x80 == 0 {
                guard byte != 0 || shift == 0 else { break }
                return value
            }
        }
        throw .damaged("a number is not in its shortest form")
    }

    mutating func signedNumber() throws(MetadataError) -> Int64 {
        let folded = try number()
        return Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1)
    }

    /// A number that is a count of something.
    mutating func count(atMost limit: Int, of thing: String) throws(MetadataError) -> Int {
        let number = try number()
        guard number <= UInt64(limit) else { throw .damaged("\(thing): \(number) is above the limit of \(limit)") }
        return Int(number)
    }

    mutating func take(_ count: Int) throws(MetadataError) -> [UInt8] {
        guard count <= end - position else { throw .damaged("ends too early") }
        defer { position += count }
        return count == 0 ? [] : Array(bytes[position..<position + count])
    }

    /// Bytes with their count before them.
    mutating func bytes(atMost limit: Int, of thing: String) throws(MetadataError) -> [UInt8] {
        try take(count(atMost: limit, of: thing))
    }

    mutating func text(atMost limit: Int, of thing: String) throws(MetadataError) -> String {
        let bytes = try bytes(atMost: limit, of: thing)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .damaged("\(thing): not UTF-8") }
        return text
    }

    mutating func skip(_ count: Int) throws(MetadataError) {
        guard count <= end - position else { throw .damaged("ends too early") }
        position += count
    }
}

extension [UInt8] {
    mutating func append(number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    mutating func append(signedNumber number: Int64) {
        append(number: UInt64(bitPattern: number << 1) ^ UInt64(bitPattern: number >> 63))
    }

    mutating func append(counted bytes: some Collection<UInt8>) {
        append(number: UInt64(bytes.count))
        append(contentsOf: bytes)
    }
}
