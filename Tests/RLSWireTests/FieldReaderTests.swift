import NIOCore
import RLSCore
import RLSWire
import Testing

@Suite struct FieldReaderTests {
    @Test(arguments: [
        ("0", 0), ("7", 7), ("-1", -1), ("007", 7), ("-0", 0), ("9223372036854775807", Int.max),
        ("-9223372036854775808", Int.min), ("00000000000000000042", 42),
    ])
    func integers(text: String, number: Int) throws {
        var reader = FieldReader(wire(text + "|"))
        #expect(try reader.integer() == number)
        #expect(reader.isAtEnd)
    }

    @Test(arguments: [
        "", "-", "+5", "1x", "x1", " 1", "1 ", "--1", "1-", "9223372036854775808", "-9223372036854775809",
        "99999999999999999999", "100000000000000000000000", "0x10", "1.0", "１",
    ])
    func notIntegers(text: String) {
        var reader = FieldReader(wire(text + "|"))
        #expect(throws: CatalogError(.badArgument, ByteString(text))) { try reader.integer() }
    }

    @Test func countsAreNotNegative() throws {
        var reader = FieldReader(wire("5|-5|"))
        #expect(try reader.count() == 5)
        #expect(throws: CatalogError(.badArgument, "-5")) { try reader.count() }
    }

    @Test func namesAreNeitherEmptyNorTooLong() throws {
        let longest = String(repeating: "n", count: NameLimits.maximumLength)
        var reader = FieldReader(wire("\(longest)|\(longest)n||"))
        #expect(try reader.name() == ByteString(longest))
        #expect(throws: CatalogError(.badArgument, "name longer than 4096 bytes")) { try reader.name() }
        #expect(throws: CatalogError(.badArgument)) { try reader.name() }
    }

    @Test func stringsInOrder() throws {
        var reader = FieldReader(wire("a||b|"))
        #expect(try reader.bytes() == "a")
        #expect(reader.isAtListEnd)
        #expect(try reader.bytes() == "")
        #expect(!reader.isAtListEnd)
        #expect(try reader.slice() == wire("b"))
        #expect(reader.isAtEnd)
        #expect(reader.isAtListEnd)
        #expect(throws: CatalogError(.badArgument, "missing string")) { try reader.bytes() }
    }

    @Test func anUnendedStringIsMissing() {
        var reader = FieldReader(wire("abc"))
        #expect(throws: CatalogError(.badArgument, "missing string")) { try reader.bytes() }
    }
}
