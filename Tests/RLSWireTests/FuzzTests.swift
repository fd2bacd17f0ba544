import Foundation
import NIOCore
import RLSCore
import RLSTestSupport
import RLSWire
import Testing

/// Random and mutated requests: the scanner and the decoders may refuse them, but never trap or keep more than the limits.
@Suite struct FuzzTests {
    private static let inputs = ProcessInfo.processInfo.environment["RLS_FUZZ_INPUTS"].flatMap(Int.init) ?? 100_000
    private static let limits = FrameLimits(fieldLength: 300, listItems: 10, requestLength: 2_000)
    private static let samples = MethodCase.all.flatMap(\.requests).map { Array($0.readableBytesView) }

    /// Four parts with generators of their own, so that a failure is reproduced by one of them.
    @Test(arguments: [11, 12, 13, 14] as [UInt64])
    func requests(seed: UInt64) async throws {
        let outcomes = try await blocking { Self.outcomes(seed) }
        // The inputs reach every end: otherwise this tests nothing.
        #expect(Set(outcomes.keys) == ["complete", "waiting", "badMethod", "overflow"])
    }

    private static func outcomes(_ seed: UInt64) -> [String: Int] {
        var random = SeededGenerator(seed: seed)
        var outcomes: [String: Int] = [:]
        for _ in 0..<max(inputs / 4, 1_000) {
            let input = input(&random)
            let outcome = run(input, piece: Int.random(in: 1...200, using: &random))
            outcomes[outcome.kind, default: 0] += 1
            let isBounded = outcome.mostBuffered <= limits.requestLength + limits.fieldLength + 200
            if !isBounded || !outcome.decodedWithoutLoss { Issue.record("\(outcome) of seed \(seed): \(input)") }
        }
        return outcomes
    }

    private struct Outcome {
        var kind: String
        var mostBuffered = 0
        var decodedWithoutLoss = true
    }

    private static func run(_ input: [UInt8], piece: Int) -> Outcome {
        var outcome = Outcome(kind: "complete")
        var scanner = RequestScanner(limits: limits)
        var rest = input[...]
        while !rest.isEmpty {
            var bytes = ByteBuffer(bytes: rest.prefix(piece))
            rest = rest.dropFirst(piece)
            scanner.append(&bytes)
            do throws(FrameError) {
                while let frame = try scanner.next() { decode(frame, &outcome) }
            } catch {
                outcome.kind = error.answer.code == .badMethod ? "badMethod" : "overflow"
                return outcome
            }
            outcome.mostBuffered = max(outcome.mostBuffered, scanner.bufferedBytes)
        }
        if scanner.isWaitingForMore { outcome.kind = "waiting" }
        return outcome
    }

    /// What is decoded, encoded and decoded again is the same: nothing is lost or read twice.
    private static func decode(_ frame: RequestFrame, _ outcome: inout Outcome) {
        guard MethodCase.all.indices.contains(frame.method) else { return }
        let method = MethodCase.all[frame.method]
        guard let first = try? method.reencode(frame.arguments).bytes else { return }
        var arguments = first
        arguments.moveReaderIndex(forwardBy: method.name.count + 1)
        guard let second = try? method.reencode(arguments).bytes else {
            outcome.decodedWithoutLoss = false
            return
        }
        if second != first { outcome.decodedWithoutLoss = false }
    }

    private static func input(_ random: inout SeededGenerator) -> [UInt8] {
        if Int.random(in: 0..<20, using: &random) == 0 {
            return (0..<Int.random(in: 0...400, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        var bytes: [UInt8] = []
        for _ in 0...Int.random(in: 0...3, using: &random) { bytes += samples.randomElement(using: &random) ?? [] }
        for _ in 0..<Int.random(in: 0...4, using: &random) { mutate(&bytes, &random) }
        return bytes
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard let place = bytes.indices.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] = 0
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(contentsOf: repeatElement(UInt8(ascii: "a"), count: 301), at: place)
        case 4: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
        default: bytes.removeSubrange(place...)
        }
    }
}
