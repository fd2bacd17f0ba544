import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct NameRuleTests {
    @Test func everyShippedRuleIsRead() throws {
        for (name, text) in NameRules.shippedTexts { _ = try NameRule(name: name, parsing: text) }
        #expect(NameRules.shipped.map(\.name) == NameRules.shippedTexts.map(\.name))
    }

    @Test func framesOfLIGO() throws {
        let rule = try #require(NameRules.shipped(named: "ligo-frame"))
        #expect(
            rule.attributes(of: "H-H1_HOFT_C02-1126256640-4096.gwf") == [
                "site": .text("H"), "frameType": .text("H1_HOFT_C02"), "gpsStart": .integer(1_126_256_640),
                "duration": .integer(4096), "gpsEnd": .integer(1_126_260_736), "interferometer": .text("H1"),
            ])
        #expect(rule.attributes(of: "L-RDS_R_L1-1-16.gwf")?["interferometer"] == .text("L1"))
        #expect(rule.attributes(of: "GHLV-R-1-16.gwf")?["interferometer"] == nil)
        #expect(rule.attributes(of: "GHLV-R-1-16.gwf")?["site"] == .text("GHLV"))
        #expect(rule.attributes(of: "some/where/H-R-1-2.xml.gz")?["gpsEnd"] == .integer(3))
    }

    @Test(arguments: [
        "", "H-R-1.gwf", "H-R-1-2", "H-R-a-2.gwf", "H-R-R-1-2.gwf", "H1-R-1-2.gwf", "H-R-1-2.", "-R-1-2.gwf",
        "H-R-99999999999999999999-2.gwf", "H-R-9223372036854775807-1.gwf", "H-R-1-2.gwf/x", "H-R-1--2.gwf",
    ])
    func otherNamesHaveNoAttributes(_ name: String) throws {
        #expect(try #require(NameRules.shipped(named: "ligo-frame")).attributes(of: ByteString(name)) == nil)
    }

    @Test func kinds() throws {
        let pattern = try NamePattern(parsing: "{a:text}-{b:number}_{c:digits}.{d:word}")
        #expect(
            pattern.attributes(of: "x-y-1.5_007.z_1") == [
                "a": .text("x-y"), "b": .number(1.5), "c": .text("007"), "d": .text("z_1"),
            ])
        #expect(pattern.attributes(of: "x-1._007.z") == nil)
        #expect(pattern.attributes(of: "é-1_0.z")?["a"] == .text("é"))
        #expect(pattern.attributes(of: ByteString([0xff] + Array("-1_0.z".utf8))) == nil)
        let braces = try NamePattern(parsing: "{{{a:letters}}}")
        #expect(braces.attributes(of: "{ab}") == ["a": .text("ab")])
        let fixed = try NamePattern(parsing: "README")
        #expect(fixed.attributes(of: "README") == [:])
        #expect(fixed.attributes(of: "READMES") == nil)
    }

    @Test func directoriesCountWhereThePatternHasThem() throws {
        let rule = try NameRule(name: "run", parsing: "{run:word}/{:text}.dat")
        #expect(rule.attributes(of: "S5/a.dat") == ["run": .text("S5")])
        #expect(rule.attributes(of: "x/S5/a.dat") == nil)
        #expect(rule.attributes(of: "a.dat") == nil)
    }

    @Test(arguments: [
        ("", "empty"), ("{a}", "no kind"), ("{a:colour}", "unknown kind"), ("{a:word}{b:word}", "text between"),
        ("{a:word}-{a:word}", "twice"), ("{a:word", "no other"), ("a}", "no other"), ("{lfn:word}", "no attribute"),
        ("{size:integer}", "no attribute"), ("{a:word}; b = a", "neither"), ("{a:word}; b = a + c", "`c`"),
        ("{a:integer}; a = a + a", "already"), ("{a:word}; b like {c:word}", "`b`"),
        ("{a:word}; a like {c}", "no kind"),
        ("{a:integer}; size = a + a", "already"),
    ])
    func refusesRules(_ text: String, _ reason: String) {
        let error = #expect(throws: NameRuleError.self) { try NameRule(name: "x", parsing: text) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func theFirstRuleThatFitsCounts() throws {
        let rules = NameRules([
            try NameRule(name: "one", parsing: "{a:integer}.dat"), try NameRule(name: "two", parsing: "{b:text}.dat"),
        ])
        #expect(rules.attributes(of: "1.dat")?.rule == "one")
        #expect(rules.attributes(of: "x.dat")?.rule == "two")
        #expect(rules.attributes(of: "x")?.rule == nil)
    }

    /// Names and patterns that make a matcher without memory try for ever.
    @Test func ambiguousPatternsEnd() throws {
        let pattern = try NamePattern(
            parsing: (0..<16).map { "{a\($0):text}" }.joined(separator: "-") + "!")
        #expect(pattern.attributes(of: ByteString(String(repeating: "-", count: 200))) == nil)
        #expect(pattern.attributes(of: ByteString(String(repeating: "-", count: 2000) + "!")) == nil)
    }

    @Test func garbageIsRefusedOrUnderstood() {
        var random = SeededGenerator(seed: 51)
        let some = ["{", "}", "a", ":", "word", "text", "{a:word}", "{:integer}", ";", " = ", "+", " like ", "-", "é"]
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...9, using: &random)
            let text = (0..<count).map { _ in some.randomElement(using: &random) ?? "" }.joined()
            _ = try? NameRule(name: "x", parsing: text).attributes(of: "a-1-x")
        }
    }
}
