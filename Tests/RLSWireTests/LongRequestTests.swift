import NIOCore
import RLSCore
import RLSWire
import Testing

/// Requests with raw bytes, and lists without a bound.
@Suite struct LongRequestTests {
    @Test func rawBytesMayHoldAnything() throws {
        let filter = "rli_updatebf|rls://lrc|16|3|900|a||"
        #expect(
            try scan(filter + "stats|") == [
                Scanned(method: "rli_updatebf", arguments: "rls://lrc|16|3|900|a||"),
                Scanned(method: "stats", arguments: ""),
            ])
    }

    @Test func noRawBytesAtAll() throws {
        let nothing = "rli_filter_delta|u|i||300|5|e|1|1|0|"
        #expect(try scan(nothing + "stats|").map(\.method) == ["rli_filter_delta", "stats"])
    }

    @Test(arguments: ["-1", "x", "", "99999999999999999999999"])
    func aLengthThatIsNone(text: String) {
        #expect(throws: FrameError.noLength(ByteString(text))) { try scan("rli_updatebf|u|\(text)|3|900|") }
    }

    @Test func rawBytesHaveALimit() {
        let limits = FrameLimits(blobLength: 100)
        #expect(throws: FrameError.requestTooLong(limit: 100)) {
            try scan("rli_updatebf|u|800|3|900|", limits: limits)
        }
        #expect(throws: Never.self) { try scan("rli_updatebf|u|799|3|900|", limits: limits) }
    }

    /// Every part is a request of its own, with the header; only the last has nothing behind it.
    @Test(arguments: [1 << 20, 4_096, 61])
    func aLongListComesInParts(step: Int) throws {
        var whole = wire("rli_update|rls://lrc|")
        let names = (0..<25_000).map { ByteString("lfn\($0)") }
        for name in names { whole.writeField("A" + name) }
        whole.writeEmptyField()
        whole.writeImmutableBuffer(wire("stats|"))

        var scanner = RequestScanner()
        var seen: [ByteString] = []
        var more: [Bool] = []
        while var piece = whole.readSlice(length: min(step, whole.readableBytes)), piece.readableBytes > 0 {
            scanner.append(&piece)
            while let frame = try scanner.next() {
                more.append(frame.hasMore)
                guard MethodCase.shapes[frame.method].name == "rli_update" else { continue }
                var reader = FieldReader(frame.arguments)
                let part = try ListUpdateArguments(from: &reader)
                #expect(part.sender == "rls://lrc")
                seen += part.changes.map(\.name)
            }
        }
        #expect(seen == names)
        #expect(more == [true, true, false, false])
        #expect(!scanner.isWaitingForMore)
    }

    @Test func aCommandThatIsNone() throws {
        var reader = FieldReader(wire("rls://lrc|Nlfn1||"))
        #expect(throws: CatalogError(.badArgument, "rli_update: Invalid command: N")) {
            try ListUpdateArguments(from: &reader)
        }
        var empty = FieldReader(wire("rls://lrc|A||"))
        #expect(throws: CatalogError(.badArgument)) { try ListUpdateArguments(from: &empty) }
    }
}
