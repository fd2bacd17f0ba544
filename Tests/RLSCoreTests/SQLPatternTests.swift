import RLSCore
import RLSTestSupport
import Testing

@Suite struct SQLPatternTests {
    @Test(
        arguments: [
            ("", ["": true, "a": false]),
            ("%", ["": true, "anything": true]),
            ("_", ["": false, "a": true, "ab": false]),
            ("lfn%", ["lfn": true, "lfn1": true, "LFN1": false, "alfn": false]),
            ("%1", ["1": true, "lfn1": true, "lfn12": false]),
            ("a%b%c", ["abc": true, "aXbYc": true, "abcbc": true, "acb": false]),
            ("a_c", ["abc": true, "ac": false, "a_c": true, "abbc": false]),
            (#"a\%b"#, ["a%b": true, "axb": false, #"a\%b"#: false]),
            (#"a\_b"#, ["a_b": true, "axb": false]),
            (#"a\\b"#, [#"a\b"#: true, #"a\\b"#: false]),
            (#"a\x"#, ["ax": true, #"a\x"#: false]),
            (#"a\"#, [#"a\"#: true, "a": false]),
            ("name ", ["name ": true, "name": false]),
            ("%_%", ["": false, "a": true, "ab": true]),
        ] as [(ByteString, [ByteString: Bool])])
    func matches(pattern: ByteString, names: [ByteString: Bool]) {
        let compiled = SQLPattern(pattern)
        for (name, expected) in names { #expect(compiled.matches(name) == expected, "\(name)") }
    }

    /// A pattern knows bytes, not characters: `_` is half of a two-byte letter.
    @Test func oneByteNotOneCharacter() {
        #expect(!SQLPattern("_").matches("é"))
        #expect(SQLPattern("__").matches("é"))
        #expect(SQLPattern(ByteString([0xff, 0x25])).matches(ByteString([0xff, 0xfe, 0x01])))
    }

    @Test(arguments: [
        ("lfn%", "lfn", false, true), ("lfn", "lfn", true, false), ("%", "", false, true), ("a_%", "a", false, false),
        (#"a\%b%"#, "a%b", false, true), (#"a\_"#, "a_", true, false), ("ab%%", "ab", false, true),
        ("ab%c", "ab", false, false), ("", "", true, false),
    ])
    func prefix(pattern: ByteString, prefix: ByteString, isLiteral: Bool, isWholePrefix: Bool) {
        let compiled = SQLPattern(pattern)
        #expect(compiled.prefix == prefix)
        #expect(compiled.isLiteral == isLiteral)
        #expect(compiled.matchesWholePrefix == isWholePrefix)
    }

    @Test(arguments: [
        ("*", "%"), ("a?c", "a_c"), ("100%", #"100\%"#), ("a_b", #"a\_b"#), (#"a\*b"#, "a*b"), (#"a\?b"#, "a?b"),
        (#"a\\b"#, #"a\\b"#), (#"a\"#, #"a\\"#), (#"\%"#, #"\%"#), ("lfn*", "lfn%"),
    ])
    func globs(glob: ByteString, sql: ByteString) { #expect(SQLPattern(glob: glob).source == sql) }

    /// Backtracking without bound would take longer than the universe has.
    @Test func pathologicalPatternsAreCheap() async throws {
        let name = ByteString(repeatElement(UInt8(ascii: "a"), count: 4_096))
        let pattern = ByteString(String(repeating: "a%", count: 2_000) + "b")
        let time = try await blocking {
            ContinuousClock().measure { #expect(!SQLPattern(pattern).matches(name)) }
        }
        #expect(time < .seconds(Patience.seconds(20)))
    }

    @Test func agreesWithTheDefinition() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<50_000 {
            let pattern = ByteString((0..<Int.random(in: 0...8, using: &random)).map { _ in randomByte(&random) })
            let name = ByteString((0..<Int.random(in: 0...8, using: &random)).map { _ in randomByte(&random) })
            let expected = naive(pattern.bytes[...], name.bytes[...])
            #expect(SQLPattern(pattern).matches(name) == expected, "\(pattern) on \(name)")
            if expected { #expect(name.bytes.starts(with: SQLPattern(pattern).prefix.bytes), "\(pattern) on \(name)") }
        }
    }

    private func randomByte(_ random: inout SeededGenerator) -> UInt8 {
        Array(#"%%%__\ab"#.utf8).randomElement(using: &random) ?? 0
    }

    /// The definition of a match, with no thought of its cost.
    private func naive(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case UInt8(ascii: "%"):
            return naive(rest, name) || (!name.isEmpty && naive(pattern, name.dropFirst()))
        case UInt8(ascii: "_"):
            return !name.isEmpty && naive(rest, name.dropFirst())
        case UInt8(ascii: "\\") where !rest.isEmpty:
            return name.first == rest.first && naive(rest.dropFirst(), name.dropFirst())
        default:
            return name.first == first && naive(rest, name.dropFirst())
        }
    }
}
