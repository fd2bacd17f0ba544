import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct SafePathTests {
    @Test(arguments: [
        ("plain-1.gwf", "plain-1.gwf"), ("", "%_"), (".", "%2E"), ("..", "%2E%2E"), (".hidden", "%2Ehidden"),
        ("a.b.", "a.b."),
        ("a/b", "a%2Fb"), ("100%", "100%25"), ("%2F", "%252F"), ("a\nb\u{7f}", "a%0Ab%7F"),
        ("é \u{1F600}", "é \u{1F600}"),
        ("...a", "%2E%2E%2Ea"),
    ])
    func encodes(_ text: String, _ component: String) {
        #expect(SafePath.encoded(Array(text.utf8)) == Array(component.utf8))
        #expect(SafePath.decoded(Array(component.utf8)) == ByteString(text))
    }

    @Test(arguments: ["", "%2f", "%41", "a%", "a%2", "%zz", ".", "..", ".a", "a/b", "%_a", "%~00"])
    func decodesOnlyWhatItWrites(_ text: String) { #expect(SafePath.decoded(Array(text.utf8)) == nil) }

    @Test func bytesThatAreNoTextAreEscaped() {
        let bytes: [UInt8] = [0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82]
        let component = SafePath.encoded(bytes)
        #expect(String(decoding: component, as: UTF8.self) == "a%FF%C3(%E2%82")
        #expect(SafePath.decoded(component) == ByteString(bytes))
    }

    @Test func randomNamesComeBackAndAreSafe() throws {
        var random = SeededGenerator(seed: 21)
        let some = Array("ab./%_~\n\u{7f}é".utf8) + [0x01, 0x80, 0xff, 0xf0]
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...9, using: &random)).map { _ in some.randomElement(using: &random) ?? 1 }
            let component = SafePath.encoded(bytes)
            #expect(SafePath.decoded(component) == ByteString(bytes))
            #expect(SafePath.isSafeComponent(component) && component.first != UInt8(ascii: "."))
            #expect(UTF8Runs.isValid(component))
        }
    }

    @Test func longComponentsAreShortenedAndStayDistinct() throws {
        let base = String(repeating: "é/", count: 200)
        let components = try (0..<50).map { number in
            try #require(SafePath.limited(SafePath.encoded(Array((base + "\(number)").utf8))))
        }
        #expect(Set(components).count == 50)
        for component in components {
            #expect(component.count <= 255 && component.count > 240 && UTF8Runs.isValid(component))
            #expect(SafePath.decoded(component) == nil)
        }
        // Cut where a character or an escape would be broken.
        for pad in 0..<6 {
            let name = Array((String(repeating: "x", count: pad) + base).utf8)
            let component = try #require(SafePath.limited(SafePath.encoded(name)))
            let head = try #require(String(decoding: component, as: UTF8.self).split(separator: "%~").first)
            #expect(SafePath.decoded(Array(head.utf8)).map { name.starts(with: $0.bytes) } == true)
        }
        let exact = [UInt8](repeating: UInt8(ascii: "a"), count: 255)
        #expect(SafePath.limited(exact) == exact)
    }

    @Test(arguments: [
        ("a", true), ("a/b", true), ("a/..b", true), ("", false), ("/a", false), ("a/", false), ("a//b", false),
        ("..", false),
        ("a/../b", false), ("a/.", false), ("a\u{0}", false),
    ])
    func tellsSafePaths(_ path: String, _ isSafe: Bool) { #expect(SafePath.isSafe(path) == isSafe) }
}
