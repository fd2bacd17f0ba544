import Foundation
import RLSCore
import RLSTestSupport
import Testing

/// Content that is published again under the same name.
@Suite struct ReplicationReplaceTests {
    private let publisher: ReplicationSite
    private let reader: ReplicationSite
    private let files = SampleFile.some(3)

    init() async throws {
        publisher = try await ReplicationSite("publisher")
        reader = try await ReplicationSite("reader")
        try await ReplicationSite.connect(
            [publisher, reader], ["reader": ["subscription all : size >= 0", "attempts 2"]])
        try await publisher.publish(files)
    }

    /// Of the same size.
    private func other(_ name: String) -> Data { SampleFile.content("other", bytes: files[name]?.count ?? 0) }

    /// The reason, once the file is stuck at the reader.
    private func reasonWhenStuck(_ name: String) async throws -> String {
        let isStuck = try await eventually {
            for daemon in ["metadata", "want"] { try await self.reader.ldr(daemon, "--once") }
            try await self.reader.ldr("retry", name)
            for daemon in ["schedule", "transfer"] { try await self.reader.ldr(daemon, "--once") }
            return try await self.reader.ldr("explain", name).contains("occupied")
        }
        #expect(isStuck)
        let words = try await reader.ldr("explain", name)
        return words.split(separator: "\n").first { $0.hasPrefix("state:") }.map { String($0) } ?? words
    }

    @Test(.timeLimit(.minutes(10))) func newContentTakesThePlaceOfTheOld() async throws {
        #expect(try await reader.comesToHave(3))
        var now = files
        now["file-0"] = other("file-0")
        now["file-1"] = SampleFile.content("longer", bytes: 50_000)
        try await publisher.publish(now)
        #expect(try await publisher.mappings().count == 3)
        let isNew = try await eventually {
            try await self.reader.cycle()
            return self.reader.contents() == now
        }
        let history = try await reader.ldr("history")
        #expect(isNew, "\(history)")
        #expect(try await reader.comesToHave(3))
        #expect(try await reader.mappings().count == 3)
        #expect(reader.leftovers(in: ".ldr-quarantine").sorted() == ["file-0", "file-1"])
        for name in ["file-0", "file-1"] {
            let old = FileManager.default.contents(atPath: reader.root + "/.ldr-quarantine/" + name)
            #expect(old == files[name])
        }
        #expect(reader.leftovers() == [])
        #expect(try await reader.ldr("events").contains(#""event":"replaced""#))
        let report = try await reader.ldr("verify", "--once", "--json")
        #expect(report.contains(#""corrupt":[]"#) && report.contains(#""lost":[]"#), "\(report)")
    }

    @Test(.timeLimit(.minutes(10))) func aFileOfAnotherNameIsNotReplaced() async throws {
        let path = try reader.write(other("file-1"), to: "file-1")
        let pfn = try await reader.mappings().first?.pfn
        #expect(pfn == nil)
        try await reader.publish(manifest: "\(path) another\n")
        let reason = try await reasonWhenStuck("file-1")
        #expect(reason.contains("is the copy of another") && reason.contains("layout"), "\(reason)")
        #expect(reader.contents()["file-1"] == other("file-1"))
        // The new content waits, and is not fetched again and again.
        #expect(reader.leftovers().count == 1)
    }

    @Test(.timeLimit(.minutes(10))) func aFileThatNobodyKnowsIsNotReplaced() async throws {
        try reader.write(other("file-1"), to: "file-1")
        #expect(try await reasonWhenStuck("file-1").contains("move it away"))
        #expect(reader.contents()["file-1"] == other("file-1"))
        try FileManager.default.removeItem(atPath: reader.root + "/file-1")
        #expect(try await reader.comesToHave(3))
        #expect(reader.contents() == files)
    }

    @Test(.timeLimit(.minutes(10))) func whatThisSitePublishedIsNotReplaced() async throws {
        // Published by the reader first, and with other content by the publisher later.
        let own = SampleFile.content("own", bytes: 3_000)
        try await reader.publish(["shared": own])
        try await publisher.ldr("metadata", "--once")
        try await publisher.publish(["shared": SampleFile.content("theirs", bytes: 3_000)])
        for daemon in ["metadata", "want"] { try await reader.ldr(daemon, "--once") }
        #expect(try await reader.comesToHave(4))
        try await publisher.publish(["shared": SampleFile.content("newer", bytes: 3_000)])
        let reason = try await reasonWhenStuck("shared")
        #expect(reason.contains("move it away"), "\(reason)")
        let report = try await reader.ldr("verify", "--once", "--json")
        #expect(report.contains(#""differing":["main/shared"]"#) && report.contains(#""corrupt":[]"#), "\(report)")
        #expect(reader.contents()["shared"] == own)
        #expect(reader.leftovers(in: ".ldr-quarantine") == [])
    }
}
