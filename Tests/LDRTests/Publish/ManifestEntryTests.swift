import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct ManifestEntryTests {
    private static func entry(_ line: String) throws -> ManifestEntry? { try ManifestEntry(line: Array(line.utf8)) }

    @Test(arguments: ["", "   ", "# a comment", "  # another", "\r"])
    func emptyLinesAndCommentsCountForNothing(_ line: String) throws { #expect(try Self.entry(line) == nil) }

    @Test func fields() throws {
        let whole = try #require(
            try Self.entry("/a/b.gwf\tb 12  adler32:0000ABcd md5:00112233445566778899aabbccddeeff\r"))
        #expect(whole.path == "/a/b.gwf" && whole.lfn == "b" && whole.size == 12)
        #expect(whole.checksums.adler32 == 0xabcd)
        #expect(whole.checksums.md5 == (0..<16).map { UInt8($0 * 0x11) })
        let short = try #require(try Self.entry("b.gwf"))
        #expect(short.lfn == nil && short.size == nil && short.checksums == Checksums())
        let dashes = try #require(try Self.entry("b - 7"))
        #expect(dashes.lfn == nil && dashes.size == 7)
        let quoted = try #require(try Self.entry(#""a b\n\xff" "md5:x" - "#))
        #expect(quoted.path == ByteString(Array("a b\n".utf8) + [0xff]) && quoted.lfn == "md5:x" && quoted.size == nil)
        let early = try #require(try Self.entry("b adler32:00000001 name"))
        #expect(early.lfn == "name" && early.checksums.adler32 == 1)
        #expect(try Self.entry("b http://name")?.lfn == "http://name")
        #expect(try Self.entry("b 12")?.lfn == "12")
        #expect(try Self.entry("b \"-\"")?.lfn == "-")
    }

    @Test(arguments: [
        ("b n x", "no number of bytes"), ("b n -1", "no number of bytes"), ("b n +1", "no number of bytes"),
        ("b n 1 2", "too much"), ("b md5:12", "no md5"), ("b sha256:zz", "no sha256"),
        ("b adler32:00000001 adler32:00000001", "twice"), ("\"b", "closing quote"), ("\"b\"c", "blank was expected"),
        (#""\q""#, "unknown escape"), (#""\x00""#, "unknown escape"), ("\"\"", "path is empty"),
        ("b \"\"", "LFN is empty"),
        ("b\u{0}", "NUL"), (#"""#, "closing quote"), (#""\"#, "unknown escape"), (#""\x"#, "unknown escape"),
    ])
    func errors(_ line: String, _ reason: String) {
        let error = #expect(throws: ManifestError.self) { try Self.entry(line) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func garbageIsRefusedOrUnderstood() {
        var random = SeededGenerator(seed: 61)
        let some = Array("a\" \\x:-#1 \t".utf8) + [0, 0xff]
        for _ in 0..<20_000 {
            let line = (0..<Int.random(in: 0...20, using: &random)).map { _ in some.randomElement(using: &random) ?? 0 }
            guard let entry = try? ManifestEntry(line: line) else { continue }
            #expect(!entry.path.isEmpty && !entry.path.bytes.contains(0))
        }
    }
}
