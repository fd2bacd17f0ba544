import RLSCore
import RLSTestSupport
import Testing

@Suite struct ByteStringTests {
    @Test(arguments: [
        ([UInt8](), [0x00]), ([0x61], [0x61, 0x00]), ([0x61], [0x62]), ([0x7f], [0x80]), ([0x61, 0xff], [0x62]),
        ([0xfe, 0xff], [0xff]),
    ])
    func ordersAsMemcmp(lower: [UInt8], higher: [UInt8]) {
        #expect(ByteString(lower) < ByteString(higher))
        #expect(!(ByteString(higher) < ByteString(lower)))
        #expect(!(ByteString(lower) < ByteString(lower)))
    }

    @Test(
        arguments: [
            ([UInt8](), nil), ([0x61], [0x62]), ([0x61, 0xff], [0x62]), ([0xff], nil), ([0xff, 0xff], nil),
            ([0x01, 0xfe], [0x01, 0xff]), ([0x61, 0xff, 0xff], [0x62]),
        ] as [([UInt8], [UInt8]?)])
    func prefixEnd(prefix: [UInt8], end: [UInt8]?) {
        #expect(ByteString(prefix).prefixEnd == end.map { ByteString($0) })
    }

    /// Everything with the prefix is at or above it and below its end; everything else is outside.
    @Test func prefixEndBoundsExactlyThePrefix() {
        var random = SeededGenerator(seed: 2)
        let bytes: [UInt8] = [0x01, 0x61, 0xfe, 0xff]
        for _ in 0..<20_000 {
            let prefix = (0..<Int.random(in: 0...3, using: &random)).compactMap { _ in
                bytes.randomElement(using: &random)
            }
            let name = (0..<Int.random(in: 0...4, using: &random)).compactMap { _ in bytes.randomElement(using: &random)
            }
            let isBelowEnd = ByteString(prefix).prefixEnd.map { ByteString(name) < $0 } ?? true
            let isInside = !(ByteString(name) < ByteString(prefix)) && isBelowEnd
            #expect(isInside == name.starts(with: prefix), "\(prefix) \(name)")
        }
    }

    @Test func equalityIsBytewise() {
        #expect(ByteString("a ") != ByteString("a"))
        #expect(ByteString("A") != ByteString("a"))
        // The same character, composed and decomposed.
        #expect(ByteString("\u{e9}") != ByteString("e\u{301}"))
        #expect(ByteString("ab") + "c" == "abc")
    }

    @Test func describesWhatIsNotText() {
        #expect(ByteString([0x61, 0xff, 0x62]).description == "a\u{fffd}b")
    }

    @Test func spansCompareAsByteStrings() {
        let left: [UInt8] = [1, 2, 3]
        let right: [UInt8] = [1, 2, 4]
        let same: [UInt8] = [1, 2, 3]
        let results = [
            left.span.isOrderedBefore(right.span), left.span.equals(right.span), left.span.equals(same.span),
        ]
        #expect(results == [true, false, true])
        let copy = ByteString(left.span)
        #expect(copy == ByteString(left))
    }
}
