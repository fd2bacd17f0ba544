import RLSTestSupport
import Testing

@testable import LDR

@Suite struct MetadataManifestTests {
    static let sha256 = String(repeating: "0a", count: 32)

    static func segment(_ first: Int, _ last: Int, count: Int = 1, bytes: Int = 100) -> LogManifest.Segment {
        LogManifest.Segment(
            first: first, last: last, count: count, bytes: bytes, sha256: sha256,
            name: LogManifest.name(first: first, last: last, sha256: sha256))
    }

    let good = LogManifest(site: "cit", epoch: "0af", last: 30, segments: [segment(1, 5), segment(9, 30, count: 22)])

    @Test func manifestsComeBack() throws {
        #expect(try LogManifest(text: good.text()) == good)
        let empty = LogManifest(site: "cit", epoch: "0", last: 0, segments: [])
        #expect(try LogManifest(text: empty.text()) == empty)
    }

    @Test func whatIsCutOffOrChangedIsRefused() throws {
        let text = try good.text()
        for count in 0..<text.count {
            #expect(throws: MetadataError.self) { try LogManifest(text: Array(text.prefix(count))) }
        }
        var random = SeededGenerator(seed: 13)
        for _ in 0..<2_000 {
            var bytes = text
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            #expect(throws: MetadataError.self) { try LogManifest(text: bytes) }
        }
    }

    /// With a good checksum.
    @Test(arguments: [
        "", "ldr-log 2\nsite cit\nepoch 0\nlast 0\n", "ldr-log 1\nsite ../x\nepoch 0\nlast 0\n",
        "ldr-log 1\nsite cit\nepoch X\nlast 0\n", "ldr-log 1\nsite cit\nepoch 0\nlast -1\n",
        "ldr-log 1\nsite cit\nepoch 0\nlast 01\n", "ldr-log 1\nsite cit\nepoch 0\nlast 99999999999999999999\n",
        "ldr-log 1\nsite cit\nepoch 0\nlast 0\n\n", "ldr-log 1\nsite cit\nlast 0\nepoch 0\n",
        "ldr-log 1\nsite cit\nepoch 0\nlast 0",
    ])
    func otherTextsAreRefused(_ body: String) throws {
        let bytes = Array(body.utf8)
        let text = bytes + Array("sha256 \(try LogDigest.hex(bytes))\n".utf8)
        #expect(throws: MetadataError.self) { try LogManifest(text: text) }
    }

    @Test(arguments: [
        [segment(0, 5)], [segment(5, 4)], [segment(1, 5), segment(5, 6)], [segment(1, 31)], [segment(1, 5, count: 6)],
        [segment(1, 5, bytes: 1 << 40)], [segment(1, 1 << 58, count: 1 << 58)],
    ])
    func impossibleSegmentsAreRefused(_ segments: [LogManifest.Segment]) throws {
        var manifest = good
        manifest.segments = segments
        if segments[0].last > 1 << 50 { manifest.last = segments[0].last }
        #expect(throws: MetadataError.self) { try LogManifest(text: manifest.text()) }
    }

    @Test func onlyFilesOfTheLogCanBeAskedFor() throws {
        for name in ["../../etc/passwd", "manifest", "1-5-x.gz"] {
            var manifest = good
            manifest.segments[0].name = name
            #expect(throws: MetadataError.self) { try LogManifest(text: manifest.text()) }
        }
    }

    // MARK: Merging

    /// A log that has grown by `sizes`, and how many changes were written in all.
    private func grown(_ sizes: some Sequence<Int>) -> (segments: [LogManifest.Segment], written: Int, largest: Int) {
        var segments: [LogManifest.Segment] = []
        var (last, written, largest) = (0, 0, 0)
        for size in sizes {
            segments.append(Self.segment(last + 1, last + size, count: size, bytes: size))
            (last, written) = (last + size, written + size)
            segments = MergePlan.groups(segments).map { group in
                let parts = segments[group]
                if parts.count == 1 { return segments[group.lowerBound] }
                let count = parts.reduce(0) { $0 + $1.count }
                written += count
                return Self.segment(
                    segments[group.lowerBound].first, segments[group.upperBound - 1].last, count: count, bytes: count)
            }
            largest = max(largest, segments.count)
        }
        return (segments, written, largest)
    }

    @Test func theNumberOfSegmentsStaysSmall() {
        var random = SeededGenerator(seed: 14)
        let mixed = (0..<5_000).map { _ in
            Int.random(in: 1...(1 << Int.random(in: 1...14, using: &random)), using: &random)
        }
        for sizes in [[Int](repeating: 1, count: 20_000), [Int](repeating: 20_000, count: 2_000), mixed] {
            let (segments, written, largest) = grown(sizes)
            let total = sizes.reduce(0, +)
            #expect(segments.reduce(0) { $0 + $1.count } == total)
            #expect(largest < 60)
            #expect(written < total * 16)
            #expect(zip(segments, segments.dropFirst()).allSatisfy { $0.last + 1 == $1.first })
        }
    }

    @Test func theNewestStayAsTheyAre() {
        let segments = (1...12).map { Self.segment($0, $0) }
        #expect(MergePlan.groups(segments) == [0..<4] + (4..<12).map { $0..<$0 + 1 })
    }
}
