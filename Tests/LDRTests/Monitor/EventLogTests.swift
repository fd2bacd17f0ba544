import Foundation
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct EventLogTests {
    private static let large = 257 << 20

    private func size(_ path: String) -> Int { Int(FileCalls.size(path) ?? -1) }

    /// Without any bytes on the disk.
    private func makeLarge(_ path: String) throws {
        #expect(FileManager.default.createFile(atPath: path, contents: nil) && truncate(path, Self.large) == 0)
    }

    /// While one daemon renames the log, no other does: it would rename the new one over what was in it.
    @Test func oneRenamesALargeLog() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("events.jsonl")
        try makeLarge(path)
        let other = open(path, O_RDONLY | O_CLOEXEC)
        #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
        let log = EventLog(path: path, site: "here")
        log.write(Event(.wanted, "a"))
        #expect(size(path + ".1") == -1 && size(path) > Self.large)
        // A program that is being started may have it, too.
        #expect(flock(other, LOCK_UN) == 0)
        close(other)
        log.write(Event(.wanted, "b"))
        #expect(size(path + ".1") > Self.large && (1..<Self.large).contains(size(path)))
    }

    @Test func manyRenameItOnce() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("events.jsonl")
        for _ in 0..<20 {
            try makeLarge(path)
            let logs = (0..<8).map { _ in EventLog(path: path, site: "here") }
            DispatchQueue.concurrentPerform(iterations: logs.count) { logs[$0].write(Event(.wanted, "a")) }
            #expect(size(path + ".1") >= Self.large)
            logs[0].write(Event(.wanted, "b"))
            #expect((1..<Self.large).contains(size(path)))
        }
    }
}
