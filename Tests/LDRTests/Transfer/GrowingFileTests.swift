import Foundation
import NIOConcurrencyHelpers
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

/// Files that are digested while they come.
@Suite struct GrowingFileTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("x")
    }

    private func append(_ bytes: some Sequence<UInt8>, at offset: UInt64? = nil) throws {
        if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        if let offset { try file.seek(toOffset: offset) } else { try file.seekToEnd() }
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }

    private func finish(_ file: GrowingFile) throws -> Checksums? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return try file.finish(descriptor) { false }?.checksums
    }

    private var whole: Checksums { get throws { try ContentDigest.of(path: path, kinds: [.sha256]).checksums } }

    private func growing(_ size: Int64) -> GrowingFile { GrowingFile(path: path, size: size, kinds: [.sha256]) }

    @Test func itIsReadAsItGrows() throws {
        let file = growing(3_000_000)
        #expect(file.advance(atMost: 1 << 20) == 0)
        for part in 0..<3 {
            try append((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* (part + 3)) })
            if part < 2 {
                #expect(file.advance(atMost: 1 << 30) == 1_000_000)
                #expect(file.advance(atMost: 1 << 18) == 0)
            }
        }
        #expect(try finish(file) == whole)
        // Once only: who verifies again reads again.
        #expect(try finish(file) == nil)
        #expect(file.advance(atMost: 1 << 20) == 0)
    }

    @Test func onlyTheRestIsReadInTheEnd() throws {
        let file = growing(200)
        try append(Array(repeating: 1, count: 100))
        #expect(file.advance(atMost: 1 << 20) > 0)
        let expected = try ContentDigest.of(path: path, kinds: [.sha256]).checksums
        try append([2], at: 50)
        #expect(try finish(file) == expected)
    }

    @Test func nothingIsKnownOfAFileThatTookItsPlace() throws {
        let file = growing(100)
        try append(Array(repeating: 1, count: 100))
        #expect(file.advance(atMost: 1 << 20) > 0)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
        try append(Array(repeating: 1, count: 100))
        #expect(try finish(file) == nil)
        // And of one that was never there, or not looked at.
        #expect(try finish(growing(100)) == nil)
    }

    @Test func aFileThatWasCutIsGivenUp() throws {
        let file = growing(100)
        try append(Array(repeating: 1, count: 80))
        #expect(file.advance(atMost: 1 << 20) > 0)
        #expect(truncate(path, 40) == 0)
        file.advance(atMost: 1 << 20)
        try append(Array(repeating: 2, count: 60))
        #expect(file.advance(atMost: 1 << 20) == 0)
        #expect(try finish(file) == nil)
        let other = growing(100)
        #expect(other.advance(atMost: 1 << 20) > 0)
        #expect(truncate(path, 10) == 0)
        #expect(try finish(other) == nil)
    }

    /// Whatever order the bytes come in: what is said of a file is true of what stands on the disk in the end.
    @Test func largeFilesLand() async throws {
        let fixture = try TransferFixture()
        let record = try await fixture.publish("large", megabytes: 40)
        let content = try Data(contentsOf: URL(fileURLWithPath: fixture.source + "/large"))
        let half = content.count / 2
        for (id, order) in [[0..<half, half..<content.count], [half..<content.count, 0..<half]].enumerated() {
            for isWrong in [false, true] {
                let request = fixture.request(2 * id + (isWrong ? 1 : 0), "http://h/x", record)
                fixture.landing.follow(request)
                try Data().write(to: URL(fileURLWithPath: request.destination))
                let file = try #require(FileHandle(forWritingAtPath: request.destination))
                for part in order {
                    var bytes = content[part]
                    if isWrong, part.lowerBound > 0 { bytes[half + 1_000_000] ^= 1 }
                    try file.seek(toOffset: UInt64(part.lowerBound))
                    try file.write(contentsOf: bytes)
                    try await Task.sleep(for: .milliseconds(50))
                }
                try file.close()
                let landed = try? await fixture.land(request, ByteString("\(request.id)"))
                #expect((landed == nil) == isWrong, "\(order) \(isWrong)")
                if let landed { #expect(landed.checksums.firstDifference(from: record.checksums) == nil) }
            }
        }
        #expect(fixture.landed == ["0", "2"])
    }

    /// A byte that is changed behind its back shows that what has come is not read again.
    @Test func whatHasComeIsNotReadAgain() async throws {
        let fixture = try TransferFixture()
        let record = try await fixture.publish("large", megabytes: 40)
        let content = try Data(contentsOf: URL(fileURLWithPath: fixture.source + "/large"))
        let request = fixture.request(1, "http://h/x", record)
        let growing = GrowingFiles()
        let landing = Landing(growing: growing)
        landing.follow(request)
        try content.dropLast().write(to: URL(fileURLWithPath: request.destination))
        #expect(try await eventually { growing.bytes == content.count - 1 })
        let file = try #require(FileHandle(forUpdatingAtPath: request.destination))
        try file.write(contentsOf: [content[0] ^ 1])
        try file.seekToEnd()
        try file.write(contentsOf: content.suffix(1))
        try file.close()
        _ = try await landing.land(request, root: fixture.root, name: "x")
        #expect(growing.count == 0)
    }

    @Test func filesThatDoNotComeAreForgotten() async throws {
        let fixture = try TransferFixture()
        let record = try await fixture.publish("large", megabytes: 40)
        let growing = GrowingFiles()
        let landing = Landing(growing: growing)
        let requests = (0..<40).map { fixture.request($0, "http://h/x", record) }
        for request in requests { landing.follow(request) }
        // Of many only some.
        #expect(growing.count == 32)
        for request in requests { landing.forget(request) }
        #expect(growing.count == 0)
        // Small ones, and those without a checksum.
        landing.follow(fixture.request(1, "http://h/x", FileRecord(lfn: "x", size: 1 << 30)))
        landing.follow(fixture.request(1, "http://h/x", try fixture.publish("small", [1])))
        #expect(growing.count == 0)
    }

    /// curl may be through with a file before anybody has seen it begin.
    @Test func nothingIsToldOfFilesWhoseFateIsKnown() async throws {
        let fixture = try TransferFixture()
        let record = try fixture.publish("x", [1])
        let requests = (0..<2).map { fixture.request($0, "http://h/x", record) }
        let begun = NIOLockedValueBox<[Int]>([])
        @Sendable func note(_ request: TransferRequest) { begun.withLockedValue { $0.append(request.id) } }
        func fetch(_ deliveries: Deliveries) {
            deliveries.settle(requests[0], .success(bytes: 1, seconds: 0))
            for request in requests { deliveries.began(request) }
        }
        await Deliveries.run(requests, began: note, finished: { _, _ in }, fetch)
        #expect(begun.withLockedValue { $0 } == [1])
    }
}
