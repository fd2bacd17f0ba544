import Foundation
import NIOConcurrencyHelpers
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct TransferDigestTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func knownDigests() throws {
        let path = try directory.write("abc", to: "abc")
        let (size, checksums) = try ContentDigest.of(path: path, kinds: Set(ChecksumKind.allCases))
        #expect(size == 3)
        #expect(
            checksums.texts == [
                "adler32:024d0127", "md5:900150983cd24fb0d6963f7d28e17f72",
                "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ])
        #expect(try ContentDigest.of(path: path, kinds: [.md5]).checksums.kinds == [.md5])
        let empty = try directory.write("", to: "empty")
        #expect(try ContentDigest.of(path: empty, kinds: [.adler32]).checksums.adler32 == 1)
    }

    @Test func blocksDoNotMatter() throws {
        let bytes = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try Data(bytes).write(to: URL(fileURLWithPath: directory.file("large")))
        var whole = try ContentDigest(Set(ChecksumKind.allCases))
        whole.update(bytes.span)
        let expected = whole.finish()
        let (size, found) = try ContentDigest.of(
            path: directory.file("large"), kinds: Set(ChecksumKind.allCases))
        #expect(size == 2_500_000)
        #expect(found == expected)
        #expect(throws: DigestError.self) {
            _ = try ContentDigest.of(path: directory.file("large"), kinds: [.md5], isCancelled: { true })
        }
    }

    @Test func onlyRegularFiles() throws {
        let path = try directory.write("x", to: "file")
        symlink(path, directory.file("link"))
        mkfifo(directory.file("pipe"), 0o600)
        for (name, reason) in [
            ("link", DigestError.Reason.notRegular), ("pipe", .notRegular), ("none", .missing), (".", .notRegular),
        ] {
            do {
                _ = try ContentDigest.of(path: directory.file(name), kinds: [.md5])
                Issue.record("\(name) was read")
            } catch {
                #expect(error.reason == reason)
                #expect(error.description.contains(name))
            }
        }
    }

    @Test func texts() throws {
        let sums = try Checksums(texts: ["ADLER32:A1b", "md5:900150983CD24fb0d6963f7d28e17f72"])
        #expect(sums.texts == ["adler32:00000a1b", "md5:900150983cd24fb0d6963f7d28e17f72"])
        #expect(sums.strongest == .md5)
        for bad in [
            "", "md5", "md5:", "md5:12", "crc32:00000000", "adler32:", "adler32:123456789", "adler32:0x1", "sha256:zz",
        ] {
            #expect(throws: ChecksumTextError.self) { _ = try Checksums(texts: [bad]) }
        }
        #expect(sums.firstDifference(from: Checksums(adler32: 0xa1b)) == nil)
        #expect(sums.firstDifference(from: Checksums(adler32: 1)) == .adler32)
    }

    @Test func manyFilesOnFewThreads() async throws {
        let paths = try (0..<50).map { try directory.write("\($0)", to: "file\($0)") } + [directory.file("none")]
        let found = NIOLockedValueBox<[Int: FileThreads.Digested]>([:])
        await FileThreads(3).digest(paths: paths, kinds: [.adler32]) { index, result in
            found.withLockedValue { $0[index] = result }
        }
        let all = found.withLockedValue { $0 }
        #expect(all.count == 51)
        #expect(try all[7]?.get().checksums.adler32 == 0x0038_0038)
        #expect(throws: DigestError.self) { try all[50]?.get() }
    }
}
