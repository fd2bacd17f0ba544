import Foundation
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

/// Logs that are damaged, or written by somebody who wants harm.
@Suite struct MetadataHostileLogTests {
    let directory: TemporaryDirectory
    let lho: MetadataSite

    init() async throws {
        directory = try TemporaryDirectory()
        lho = try await MetadataSite("lho", in: directory)
    }

    private var log: LogDirectory { LogDirectory(path: directory.file("logs/cit")) }

    private nonisolated(nonsending) func follow(_ peer: String = "cit") async throws -> FollowOutcome {
        try await LogFollower(lho.store, peer: peer, fetch: FileLogSource(directory: log.path).fetch).follow()
    }

    private func row(_ name: String, _ change: Int, clock: Int64 = 1) throws -> MetadataRow {
        var row = try MetadataRow(.sample(name))
        (row.change, row.clock, row.site) = (change, clock, "cit")
        return row
    }

    /// A log of one segment with these rows, of which any part may then be spoilt.
    private func write(
        _ rows: [MetadataRow], site: String = "cit", named: String = "cit",
        _ spoil: (inout LogManifest, inout [UInt8]) throws -> Void = { _, _ in }
    ) throws {
        try log.make()
        var writer = try SegmentWriter(site: site, first: 1)
        for row in rows { writer.append(row) }
        var (segment, bytes) = try writer.finish(last: rows.last?.change ?? 1)
        var manifest = LogManifest(site: named, epoch: "e", last: segment.last, segments: [segment])
        try spoil(&manifest, &bytes)
        segment = manifest.segments[0]
        try log.write(bytes, to: segment.name)
        try log.write(manifest.text(), to: LogManifest.name)
    }

    /// The manifest is made to fit the bytes.
    private func agree(_ manifest: inout LogManifest, _ bytes: [UInt8]) throws {
        let sha256 = try LogDigest.hex(bytes)
        let old = manifest.segments[0]
        manifest.segments[0].sha256 = sha256
        manifest.segments[0].bytes = bytes.count
        manifest.segments[0].name = LogManifest.name(first: old.first, last: old.last, sha256: sha256)
    }

    private nonisolated(nonsending) func expectRefusal(_ text: String) async throws {
        await #expect {
            try await follow()
        } throws: {
            "\($0)".contains(text)
        }
        #expect(try lho.store.lastChange == 0)
        let peer = try #require(try lho.store.peers().first)
        #expect(peer.position.change == 0 && peer.error?.contains(text) == true && peer.checked == 0)
    }

    @Test func aGoodOneIsTaken() async throws {
        try write([row("a", 1), row("b", 3)])
        #expect(try await follow().applied == 2)
        #expect(try lho.store.position(of: "cit") == PeerPosition(site: "cit", epoch: "e", change: 3))
    }

    @Test func whatWasTakenOverBeforeItWasKilledIsLeftOut() async throws {
        try write((1...300).map { try row("f\($0)", $0) })
        try lho.store.apply([MetadataChange](), of: PeerPosition(site: "cit", epoch: "e", change: 200))
        #expect(try await follow().applied == 100)
        // The log has become shorter, or begun anew.
        for (epoch, change) in [("e", 301), ("d", 300)] {
            try lho.store.apply([MetadataChange](), of: PeerPosition(site: "cit", epoch: epoch, change: change))
            #expect(try await follow().segments == 1)
        }
        #expect(try lho.store.lastChange == 300)
    }

    @Test func changedBytesAreRefused() async throws {
        try write([row("a", 1)]) { _, bytes in bytes[bytes.count / 2] ^= 1 }
        try await expectRefusal("its sha256 is not that of the manifest")
    }

    @Test func aShortOrLongSegmentIsRefused() async throws {
        try write([row("a", 1)]) { _, bytes in bytes.removeLast() }
        try await expectRefusal("where the manifest says")
        try write([row("a", 1)]) { _, bytes in bytes.append(0) }
        try await expectRefusal("more than the limit")
    }

    @Test func aMissingSegmentIsRefused() async throws {
        try write([row("a", 1)])
        log.remove(try #require(try log.files().first?.name))
        try await expectRefusal("no such file")
    }

    @Test func aSegmentThatEndsEarlyOrGoesOnIsRefused() async throws {
        try write([row("a", 1)]) { manifest, bytes in
            bytes.removeLast(8)
            try agree(&manifest, bytes)
        }
        try await expectRefusal("ends too early")
        try write([row("a", 1)]) { manifest, bytes in
            bytes += bytes
            try agree(&manifest, bytes)
        }
        try await expectRefusal("bytes after the end")
        try write([row("a", 1), row("b", 2)]) { manifest, _ in manifest.segments[0].count = 1 }
        try await expectRefusal("than the manifest says")
    }

    @Test func noSiteSpeaksForAnother() async throws {
        try write([row("a", 1)], site: "llo")
        try await expectRefusal("cit may only speak for itself")
        try write([row("a", 1)], named: "llo")
        try await expectRefusal("the log of site llo")
    }

    @Test func theFarFutureIsRefusedWithAllThatIsInTheFile() async throws {
        let future = HybridClock.stamp(HybridClock.milliseconds() + 100 * 86_400_000)
        try write((1...15_000).map { try row("f\($0)", $0) } + [row("z", 15_001, clock: future)])
        try await expectRefusal("in the future")
    }

    @Test func nothingOfASegmentIsTakenWhoseEndIsBad() async throws {
        try write((1...15_000).map { try row("f\($0)", $0) } + [MetadataRow(lfn: "", change: 15_001)])
        try await expectRefusal("an LFN of 0 bytes")
    }

    @Test func aBombIsRefused() async throws {
        try write([row("a", 1)]) { manifest, bytes in
            let gzip = try GzipWriter()
            for _ in 0..<20 { gzip.write([UInt8](repeating: 0x80, count: 1 << 20)) }
            gzip.finish()
            bytes = gzip.output
            try agree(&manifest, bytes)
        }
        try await expectRefusal("not a segment of a log")
    }

    @Test func garbageInSegmentsNeverCrashes() async throws {
        var random = SeededGenerator(seed: 16)
        var writer = try SegmentWriter(site: "cit", first: 1)
        for number in 1...20 { writer.append(try row("f\(number)", number)) }
        let (segment, bytes) = try writer.finish(last: 20)
        let plain = try inflated(bytes)
        for _ in 0..<2_000 {
            var spoilt = plain
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                spoilt[Int.random(in: 0..<spoilt.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let gzip = try GzipWriter()
            gzip.write(spoilt)
            gzip.finish()
            var manifest = LogManifest(site: "cit", epoch: "e", last: 20, segments: [segment])
            try agree(&manifest, gzip.output)
            _ = try? LogSegment(gzip.output, manifest.segments[0], site: "cit").forEachGroup(at: 1 << 40) { $0.count }
        }
    }

    private func inflated(_ bytes: [UInt8]) throws -> [UInt8] {
        let reader = try GzipReader(bytes, limit: 1 << 20)
        var buffer: [UInt8] = []
        while !reader.isAtEnd { try reader.read(into: &buffer) }
        return buffer
    }
}
