import Foundation
import RLSTestSupport
import Testing

/// A watched directory, and a daemon that is started again and again.
@Suite struct ReplicationWatchTests {
    @Test(.timeLimit(.minutes(10))) func whatWasWithdrawnStaysSoUntilItChanges() async throws {
        let site = try await ReplicationSite("publisher")
        try site.configure(peers: [], ["watch \(site.root)/new collection=new complete_after=0s"])
        let files = SampleFile.some(3, bytes: 1_000)
        for (name, content) in files { try site.write(content, to: "new/" + name) }
        try await site.ldr("publish", "--once")
        #expect(try await site.status().files == 3)
        try await site.ldr("withdraw", "file-0", "file-1")
        try await site.ldr("publish", "--once")
        #expect(try await site.status().files == 1)
        // Without any memory, too.
        for end in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: site.directory.file("state/work.db\(end)"))
        }
        try await site.ldr("publish", "--once")
        #expect(try await site.status().files == 1)
        try site.write(SampleFile.content("other", bytes: 500), to: "new/file-0")
        try await site.ldr("publish", "--once")
        #expect(try await site.status().files == 2)
        try await site.ldr("publish", "--collection", "new", site.root + "/new/file-1")
        try await site.ldr("publish", "--once")
        #expect(try await site.status().files == 3)
    }
}
