import Foundation
import RLSCore
import RLSTestSupport
import Testing

/// What is registered must be there after a loss of power: asked of the system calls, in their order.
@Suite struct ReplicationDurabilityTests {
    @Test(.timeLimit(.minutes(10))) func contentAndNameAreOnTheDiskBeforeTheyAreTold() async throws {
        let publisher = try await ReplicationSite("publisher")
        let reader = try await ReplicationSite("reader")
        let lines = ["subscription all : size >= 0", "layout deep/{lfn}"]
        try await ReplicationSite.connect([publisher, reader], ["reader": lines])
        try await publisher.publish(SampleFile.some(1, bytes: 100_000))
        let isQueued = try await eventually {
            for daemon in ["metadata", "want", "schedule"] { try await reader.ldr(daemon, "--once") }
            return try await reader.status().subscriptions[0].queued == 1
        }
        #expect(isQueued)

        let strace = try NeededProgram.path("strace", package: "strace")
        let trace = reader.directory.file("trace")
        let calls = "write,writev,pwrite64,sendto,sendmsg,fsync,renameat2,mkdirat"
        let outcome = try await strace.run(
            ["-f", "-y", "-s", "300", "-e", "trace=\(calls)", "-o", trace, Program.ldr.executable.path]
                + ["transfer", "-c", reader.configuration, "--once"], environment: reader.environment, seconds: 120)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(reader.contents().keys.sorted() == ["deep/file-0"])
        try check(reader.directory.text("trace"), (reader.root as NSString).standardizingPath)
    }

    private func check(_ trace: String, _ root: String) throws {
        let lines = trace.split(separator: "\n").map(String.init)
        func index(_ what: String, last: Bool = false, _ isIt: (String) -> Bool) throws -> Int {
            try #require(last ? lines.lastIndex(where: isIt) : lines.firstIndex(where: isIt), "no \(what)")
        }
        let isPart = { (line: String) in line.contains("<\(root)/.ldr-incoming/") && line.contains(".part>") }
        let written = try index("content", last: true) { $0.contains("write(") && isPart($0) }
        let contentSafe = try index("fsync of the content") { $0.contains(" fsync(") && isPart($0) }
        let made = try index("directory") { $0.contains("mkdirat(") && $0.contains("\"deep\"") }
        let parentSafe = try index("fsync of its parent") { $0.contains(" fsync(") && $0.contains("<\(root)>") }
        let named = try index("name") { $0.contains("renameat2(") && $0.contains("\"file-0\"") }
        let nameSafe = try index("fsync of the name") { $0.contains(" fsync(") && $0.contains("<\(root)/deep>") }
        let told = try index("registration") { $0.contains("lrc_") && $0.contains("deep/file-0") }
        let steps = [written, contentSafe, named, nameSafe, told]
        #expect(steps == steps.sorted(), "\(steps.map { lines[$0] })")
        #expect(made < parentSafe && parentSafe < named)
    }
}
