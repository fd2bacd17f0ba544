import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct LayoutTemplateTests {
    private static func file(_ lfn: ByteString, _ attributes: [String: MetadataValue] = [:]) -> FileRecord {
        let usual: [String: MetadataValue] = [
            "site": .text("H"), "frameType": .text("R"), "gpsStart": .integer(1_126_256_640), "rate": .number(0.5),
            "below": .integer(-1), "up": .text("../.."), "none": .text(""),
        ]
        return FileRecord(lfn: lfn, size: 12, collection: "S5/R", attributes: usual.merging(attributes) { $1 })
    }

    private static func path(_ layout: String, _ lfn: ByteString) throws -> String {
        try LayoutTemplate(parsing: layout).path(for: file(lfn), publisher: "CIT")
    }

    @Test(arguments: [
        ("{site}/{frameType}/{gpsStart/100000}/{lfn}", "a.gwf", "H/R/11262/a.gwf"),
        ("data/{gpsStart%1000}/{lfn}", "a", "data/640/a"), ("{below/10}/{below%10}/{lfn}", "a", "-1/9/a"),
        ("{publisher}/{collection}/{size}/{size/10}/{lfn}", "a", "CIT/S5%2FR/12/1/a"),
        ("{hash:2}/{lfn}", "abc", "ba/abc"), ("{hash:8}-{lfn}.x", "abc", "ba7816bf-abc.x"),
        ("{rate}/{lfn}", "a", "0.5/a"), ("{up}/{none}/{lfn}", "a", "%2E%2E%2F../%_/a"),
        ("{site}{none}x/{lfn}", "a", "H%_x/a"), ("{lfn}", "../../etc/passwd", "%2E%2E%2F..%2Fetc%2Fpasswd"),
        ("{lfn:tree}", "a/b/c", "a/b/c"), ("d/{lfn:tree}", "/a//../b/", "d/%_/a/%_/%2E%2E/b/%_"),
        ("{hash:1}-{lfn:tree}.x", "a/b", "c-a/b.x"), ("{lfn:tree}", "..", "%2E%2E"),
    ])
    func places(_ layout: String, _ lfn: String, _ path: String) throws {
        #expect(try Self.path(layout, ByteString(lfn)) == path)
    }

    @Test(arguments: [
        ("", "slash"), ("/{lfn}", "slash"), ("a//{lfn}", "slash"), ("{lfn}/", "slash"),
        ("{lfn}/a", "last component must"),
        ("{site}", "last component must"), ("{site}-{lfn}", "share a path"), ("{lfn}{lfn}", "once"),
        ("./{lfn}", "dot"), ("../{lfn}", "dot"), (".a/{lfn}", "dot"), ("a%/{lfn}", "control"), ("a\n/{lfn}", "control"),
        ("{lfn", "no `}`"), ("lfn}", "no `{`"), ("{}/{lfn}", "no placeholder"), ("{a b}/{lfn}", "no placeholder"),
        ("{lfn:x}", "no placeholder"), ("{hash}/{lfn}", "no number of digits"),
        ("{hash:9}/{lfn}", "no number of digits"),
        ("{hash:0}/{lfn}", "no number of digits"), ("{a/0}/{lfn}", "above 0"), ("{a/-1}/{lfn}", "above 0"),
        ("{a/b}/{lfn}", "above 0"), ("{lfn/2}/{lfn}", "no number"), ("{lfn:tree}/{lfn}", "in the last component"),
    ])
    func refusesTemplates(_ layout: String, _ reason: String) {
        let error = #expect(throws: LayoutError.self) { try LayoutTemplate(parsing: layout) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func namesWhatIsMissing() throws {
        let layout = try LayoutTemplate(parsing: "{group}/{lfn}")
        let error = #expect(throws: LayoutError.self) { try layout.path(for: Self.file("a"), publisher: "") }
        #expect(error?.description == "a lacks the attribute `group`, which the layout `{group}/{lfn}` needs")
        let divided = try LayoutTemplate(parsing: "{site/10}/{lfn}")
        #expect(throws: LayoutError.self) { try divided.path(for: Self.file("a"), publisher: "") }
        let plain = try LayoutTemplate(parsing: "{lfn}")
        #expect(throws: LayoutError.self) { try plain.path(for: Self.file(""), publisher: "") }
    }

    @Test func veryLongTreesAreRefused() throws {
        let tree = try LayoutTemplate(parsing: "{lfn:tree}")
        let lfn = ByteString(String(repeating: "directory/", count: 400) + "a")
        #expect(throws: LayoutError.self) { try tree.path(for: Self.file(lfn), publisher: "") }
        #expect(try Self.path("{lfn}", lfn).utf8.count == 255)
    }

    /// Whatever names are: below the root, one path an LFN, and back.
    @Test(arguments: ["{lfn}", "{lfn:tree}", "x-{hash:2}{lfn}.gwf", "{up}/{site}/{lfn:tree}.x", "{hash:1}/a{lfn}"])
    func randomNamesAreSafeAndDistinct(_ text: String) throws {
        let layout = try LayoutTemplate(parsing: text)
        var random = SeededGenerator(seed: 31)
        var names: [String: ByteString] = [:]
        for _ in 0..<3_000 {
            let lfn = Self.name(&random)
            let path = try layout.path(for: Self.file(lfn), publisher: "CIT")
            #expect(SafePath.isSafe(path) && !path.hasPrefix(".") && !path.contains("/."))
            #expect(names.updateValue(lfn, forKey: path) ?? lfn == lfn)
            if lfn.count < 40 { #expect(layout.lfn(at: path) == lfn) }
        }
    }

    private static func name(_ random: inout SeededGenerator) -> ByteString {
        let some = Array("ab./%_~\n".utf8) + [0xff]
        let length = Int.random(in: 0..<10, using: &random) == 0 ? 280 : Int.random(in: 1...7, using: &random)
        return ByteString((0..<length).map { _ in some.randomElement(using: &random) ?? 1 })
    }

    @Test(arguments: ["H/other", "x", "H/R/11262/a/b", "H/R/11262/%41", "H/R/11262/", "", "H/R/11262/%~00"])
    func pathsOfOtherLayoutsHaveNoName(_ path: String) throws {
        let layout = try LayoutTemplate(parsing: "{site}/{frameType}/{gpsStart/100000}/{lfn}")
        #expect(layout.lfn(at: path) == nil)
        #expect(layout.lfn(at: "H/R/11262/a.gwf") == "a.gwf")
    }

    /// What is understood puts every name below the root.
    @Test func garbageIsRefusedOrSafe() {
        var random = SeededGenerator(seed: 32)
        let some = [
            "{lfn}", "{lfn:tree}", "{site}", "{up}", "{none}", "{hash:2}", "{below%7}", "/", ".", "a", "{", "}", "é",
        ]
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...6, using: &random)
            let text = (0..<count).map { _ in some.randomElement(using: &random) ?? "" }.joined()
            guard let layout = try? LayoutTemplate(parsing: text) else { continue }
            let lfn = Self.name(&random)
            guard let path = try? layout.path(for: Self.file(lfn), publisher: "CIT") else { continue }
            #expect(SafePath.isSafe(path) && !path.hasPrefix(".") && !path.contains("/."), "\(text)")
        }
    }

    @Test func hashesMustAgree() throws {
        let layout = try LayoutTemplate(parsing: "{hash:2}{lfn}")
        #expect(layout.lfn(at: "baabc") == "abc")
        #expect(layout.lfn(at: "bbabc") == nil)
    }
}
