import NIOCore
import RLSTestSupport
import Testing

@testable import RLSSecurity

@Suite struct ProtectedStreamTests {
    private static func record(_ count: Int, type: UInt8 = 23) -> [UInt8] {
        [type, 3, 3, UInt8(count >> 8), UInt8(count & 0xff)] + [UInt8](repeating: 1, count: count)
    }

    private static func frame(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
    }

    private func read(_ bytes: [UInt8], by size: Int) throws -> [Int] {
        var stream = ProtectedStream()
        var found: [Int] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            var piece = ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)])
            stream.append(&piece)
            while let record = try stream.next() { found.append(record.readableBytes) }
        }
        return found
    }

    /// Bare and framed, many records in a frame, in pieces of every size.
    @Test(arguments: [1, 4, 5, 6, 7, 1_000, 100_000]) func cuts(size: Int) throws {
        let bytes =
            Self.record(20) + Self.frame(Self.record(16_384) + Self.record(1)) + Self.record(3, type: 21)
            + Self.frame(Self.record(2)) + [23, 3]
        #expect(try read(bytes, by: size) == [25, 16_389, 6, 8, 7])
    }

    /// A type of 26 leads the library into a lock that it holds itself.
    @Test(
        arguments: [
            [26, 3, 3, 0, 1, 0], frame([26, 3, 3, 0, 1, 0]), [0, 0, 0, 0], frame([1]), [1, 0, 0, 0],
            frame(Array(record(9).dropLast())) + record(1),
            [23, 2, 0, 0, 1], [23, 3, 3, 0, 0], [23, 3, 3, 0xff, 0], frame([0, 0, 0, 1]),
        ] as [[UInt8]])
    func refuses(bytes: [UInt8]) {
        for size in [1, 100] { #expect(throws: GSIError.self) { try read(bytes + Self.record(30), by: size) } }
    }

    /// A connection that never falls silent between two records.
    @Test func keepsLittle() throws {
        var stream = ProtectedStream()
        let record = Self.record(1_000)
        var rest = ByteBuffer(bytes: record.prefix(500))
        stream.append(&rest)
        for _ in 0..<5_000 {
            var piece = ByteBuffer(bytes: record.suffix(505) + record.prefix(500))
            stream.append(&piece)
            while try stream.next() != nil {}
        }
        #expect(stream.capacity < 1 << 16)
    }
}
