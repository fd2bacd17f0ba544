import RLSCore
import Testing

@Suite struct TextTableTests {
    @Test func columnsAreAligned() {
        #expect(TextTable.lines([["a", "name"], ["long", "x"], ["b"]]) == ["a     name", "long  x", "b"])
        #expect(TextTable.lines([]) == [])
    }

    @Test func nothingSteersTheTerminal() {
        #expect(TextTable.lines([["a\u{1b}[2Jb\n"]]) == ["a?[2Jb?"])
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB"), (3 << 39, "1.5 TiB"),
    ])
    func sizes(_ bytes: Int64, _ text: String) {
        #expect(SizeText.of(bytes) == text)
    }
}
