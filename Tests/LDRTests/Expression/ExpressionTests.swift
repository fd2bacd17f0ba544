import RLSCore
import Testing

@testable import LDR

@Suite struct ExpressionTests {
    private static let file = FileRecord(
        lfn: "H-R-1126256640-4096.gwf", size: 1000, collection: "S5",
        attributes: [
            "site": .text("H"), "gpsStart": .integer(1_126_256_640), "rate": .number(0.5),
            "huge": .integer(9_007_199_254_740_993), "in": .text("x"), "odd name": .integer(-7), "size": .text("XL"),
            "nan": .number(.nan), "latin": .text("e\u{301}"),
        ])

    private static func matches(_ text: String) throws -> Bool {
        try Expression(parsing: text).matches(file, publisher: "CIT")
    }

    @Test(arguments: [
        "lfn = 'H-R-1126256640-4096.gwf'", "lfn like 'H-%.gwf'", "lfn like \"H_R%\"", "size = 1000", "size>=1000.0",
        "size < 1000.5 and size > 999.5", "collection = 'S5'", "publisher = \"CIT\"", "publisher != 'LHO'",
        "site in ('L', 'H')", "site in ('H')", "gpsStart in (1126256640, 'x')", "gpsStart in (1126256640.0)",
        "site = 'L' or site = 'H'", "site = 'L' and site = 'L' or site = 'H'", "NOT site = 'L'", "not not site = 'H'",
        "not (site = 'L' or rate > 0.5)", "rate <= 5e-1", "site < 'HA' and site > 'G'", "`in` = 'x'",
        "`odd name` = -7", "`size` = 'XL'", "site not in ('L')", "lfn not like 'L%'", "nothing = 1 or site = 'H'",
        "not nothing = 1", "not nothing != 1", "huge > 9007199254740992.0", "lfn like '%\\x2egwf'", "site\n=\t'H'",
        "(((site = 'H')))", "size in (1, 2, 1000)",
    ])
    func holds(_ text: String) throws { #expect(try Self.matches(text)) }

    @Test(arguments: [
        "nothing = 1", "nothing != 1", "nothing like '%'", "nothing in (1)", "site = 1", "site != 1", "site in (1, 2)",
        "gpsStart = '1126256640'", "gpsStart like '%'", "huge = 9007199254740992.0", "huge <= 9007199254740992.0",
        "nan = 1", "nan != 1", "nan < 1", "lfn = 'h-r-1126256640-4096.gwf'", "lfn like 'H\\_R%'", "size > 1000",
        "site = 'H' and nothing = 1", "site = ''", "latin = 'é'", "publisher in ('LHO', 'LLO')",
    ])
    func doesNotHold(_ text: String) throws { #expect(try !Self.matches(text)) }

    @Test(arguments: [
        ("", 1, "the name of a field, `not` or `(` was expected, not the end"),
        ("a = ", 5, "a number or a 'text' was expected, not the end"),
        ("a == 1", 4, "a number or a 'text' was expected, not `=`"),
        ("a ! 1", 3, "`!` has no meaning alone; write `!=` or `not`"),
        ("a = 'x", 5, "the closing ' is missing"),
        ("a = 'é' b", 9, "`and`, `or` or the end was expected, not the field b"),
        ("(a = 1", 7, "`)` was expected, not the end"),
        ("a in (1, )", 10, "a number or a 'text' was expected, not `)`"),
        ("a in 1", 6, "`(` and a list of values was expected, not the number 1"),
        ("a like 1", 8, "a pattern, as 'H-%' was expected, not the number 1"),
        ("size = '1'", 8, "`size` is a number; write it without quotes"),
        ("lfn = 12", 7, "`lfn` is a text; write '12'"),
        ("lfn in (1)", 9, "`lfn` is a text; write '1'"),
        ("size like '1%'", 11, "`size` is a number; `like` is for texts"),
        ("a = 12x", 7, "a number ends in `x`; write texts as 'text'"),
        ("a = 99999999999999999999", 5, "the integer has more than 64 bits; write a decimal, as 1e30"),
        ("a = 1e999", 5, "the number is too large"),
        ("a = 1.", 7, "digits were expected after the point"),
        ("a = 'b\\%'", 5, "\\% and \\_ are for patterns after `like`"),
        ("a = '\\x00'", 6, "two hexadecimal digits of a byte that is not NUL were expected after \\x"),
        ("a # 1", 3, "`#` has no meaning here"),
        ("a not = 1", 7, "`in` or `like` was expected, not `=`"),
        ("`` = 1", 1, "this cannot be the name of an attribute"),
    ])
    func errorsTellPlaceAndRemedy(_ text: String, _ column: Int, _ message: String) {
        #expect(throws: ExpressionError(column: column, message: message)) { try Expression(parsing: text) }
    }

    @Test func limits() throws {
        let deep = { (depth: Int) in
            String(repeating: "(", count: depth) + "a = 1" + String(repeating: ")", count: depth)
        }
        #expect(try Expression(parsing: deep(100)).description == "a = 1")
        #expect(throws: ExpressionError.self) { try Expression(parsing: deep(101)) }
        #expect(throws: ExpressionError.self) {
            try Expression(parsing: String(repeating: "not ", count: 101) + "a = 1")
        }
        let list = { (count: Int) in "a in (" + (0..<count).map { "\($0 % 1000)" }.joined(separator: ",") + ")" }
        #expect(try Expression(parsing: list(10_000)).fields == ["a"])
        #expect(throws: ExpressionError.self) { try Expression(parsing: list(10_001)) }
        #expect(throws: ExpressionError.self) {
            try Expression(parsing: "a = 1" + String(repeating: " ", count: 65_536))
        }
        // Short as it was written, long as it is printed.
        #expect(throws: ExpressionError.self) {
            try Expression(parsing: "a = '" + String(repeating: "\n", count: 40_000) + "'")
        }
    }

    @Test(arguments: [
        ("a=1 AND b=2", "a = 1 and b = 2"), ("a in (3,1,2,1.0)", "a in (1, 2, 3)"),
        ("not(a=1)", "not a = 1"), ("not (a=1 or b=2)", "not (a = 1 or b = 2)"),
        ("(a=1 and b=1) or c=1", "a = 1 and b = 1 or c = 1"), ("a=1 and (b=1 or c=1)", "a = 1 and (b = 1 or c = 1)"),
        ("a = \"it's\"", "a = 'it\\'s'"), ("lfn = '\\xff\\n'", "lfn = '\\xFF\\n'"), ("`Not` = 1", "`Not` = 1"),
        ("`lfn` = 1", "`lfn` = 1"), ("`plain` = 1", "plain = 1"), ("a = 1e2", "a = 100.0"),
        ("a like '\\%\\\\'", "a like '\\\\%\\\\'"), ("exif:model-2.x = 'b'", "exif:model-2.x = 'b'"),
    ])
    func prints(_ text: String, _ printed: String) throws {
        let expression = try Expression(parsing: text)
        #expect(expression.description == printed)
        #expect(try Expression(parsing: printed) == expression)
    }

    @Test func fieldsAreCollected() throws {
        let expression = try Expression(parsing: "not (a = 1 and size > 2) or b like 'x' or lfn in ('y') or a = 2")
        #expect(expression.fields == ["a", "b", "size", "lfn"])
    }

    @Test func comparesIntegersAndDecimalsExactly() {
        let pairs: [(Int64, Double, ExpressionOrder)] = [
            (.max, 0x1p63, .before), (.min, -0x1p63, .same), (.min, -0x1.8p63, .after), (0, 0.5, .before),
            (0, -0.5, .after), (-1, -0.5, .before), (-1, -1.5, .after), (3, 3, .same), (.max, .infinity, .before),
            (.min, -.infinity, .after), (0, -0.0, .same), (.max, 0x1.fffffffffffffp62, .after),
        ]
        for (integer, decimal, order) in pairs { #expect(integer.order(to: decimal) == order) }
    }
}
