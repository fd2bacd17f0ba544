import Foundation
import NIOCore
import RLSSecurity
import RLSTestSupport
import Testing

@Suite struct TokenReaderTests {
    private static func record(_ type: UInt8, _ count: Int) -> [UInt8] {
        [type, 3, 3, UInt8(count >> 8), UInt8(count & 0xff)] + [UInt8](repeating: 7, count: count)
    }

    private static func frame(_ token: [UInt8]) -> [UInt8] {
        [0, 0, UInt8(token.count >> 8), UInt8(token.count & 0xff)] + token
    }

    private static let tokens = [record(22, 300), record(20, 1) + record(23, 2_000) + record(23, 1), record(21, 2)]

    private static func drip(_ kind: ChannelKind, _ bytes: [UInt8], by size: Int) throws -> ([[UInt8]], Int) {
        var reader = TokenReader(kind)
        var buffer = ByteBuffer()
        var found: [[UInt8]] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            buffer.writeBytes(bytes[start..<min(start + size, bytes.count)])
            while let token = try reader.next(in: &buffer) { found.append(Array(token.readableBytesView)) }
        }
        return (found, buffer.readableBytes)
    }

    @Test(arguments: [1, 3, 7, 100_000]) func cutsFrames(size: Int) throws {
        let bytes = Self.tokens.flatMap(Self.frame)
        let (found, rest) = try Self.drip(.wrapped, bytes + [0, 0], by: size)
        #expect(found == Self.tokens)
        #expect(rest == 2)
    }

    /// One record at a time: what follows the last is the client's first request.
    @Test(arguments: [1, 3, 7, 100_000]) func cutsRecords(size: Int) throws {
        let (found, rest) = try Self.drip(.clear, Self.tokens.flatMap { $0 } + [22], by: size)
        #expect(found.count == 5)
        #expect(found.flatMap { $0 } == Self.tokens.flatMap { $0 })
        #expect(rest == 1)
    }

    @Test(
        arguments: [
            (ChannelKind.wrapped, [1]), (.wrapped, [0, 0, 0, 0]), (.wrapped, [0, 1, 0, 1]), (.wrapped, [0x30, 0]),
            (.wrapped, frame([1, 2, 3])), (.wrapped, frame(Array(record(22, 9).dropLast()))),
            (.wrapped, frame(record(22, 9) + [22])), (.clear, [0x30]), (.clear, [22, 2, 1, 0, 1]),
            (.clear, [22, 3, 1, 0, 0]),
            (.clear, [22, 3, 1, 0xff, 0xff]), (.wrapped, frame(record(22, 0))),
        ] as [(ChannelKind, [UInt8])])
    func refuses(kind: ChannelKind, bytes: [UInt8]) throws {
        let error = try #require(throws: GSIError.self) { try Self.drip(kind, bytes, by: 1) }
        #expect(error.reason == .badToken)
    }

    @Test func ends() throws {
        let long = Self.frame(Self.record(22, 16_000))
        let error = try #require(throws: GSIError.self) {
            try Self.drip(.wrapped, (0..<20).flatMap { _ in long }, by: 1 << 20)
        }
        #expect(error.description == "the handshake does not end")
    }

    /// Whatever comes: no token but of whole records, and never more than came.
    @Test func fuzz() throws {
        let inputs = ProcessInfo.processInfo.environment["RLS_FUZZ_INPUTS"].flatMap { Int($0) } ?? 20_000
        var random = SeededGenerator(seed: 3)
        for _ in 0..<inputs {
            var bytes = Self.tokens.flatMap(Bool.random(using: &random) ? Self.frame : { $0 })
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<min(bytes.count, 700), using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            let kind: ChannelKind = Bool.random(using: &random) ? .wrapped : .clear
            let size = Int.random(in: 1...4_000, using: &random)
            guard let (found, rest) = try? Self.drip(kind, bytes, by: size) else { continue }
            #expect(found.reduce(rest) { $0 + $1.count } <= bytes.count)
            for token in found { #expect(Self.isWholeRecords(token)) }
        }
    }

    private static func isWholeRecords(_ token: [UInt8]) -> Bool {
        var rest = token[...]
        while rest.count >= 5 {
            let header = Array(rest.prefix(5))
            rest = rest.dropFirst(5 + Int(header[3]) << 8 + Int(header[4]))
        }
        return rest.isEmpty && !token.isEmpty
    }
}
