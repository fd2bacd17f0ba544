import Foundation
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct EventLogTests {
    private func size(_ path: String) -> Int { Int(FileCalls.size(path) ?? -1) }

    /// Daemons that find the log large at the same time rename it once: what was in it is still there.
    @Test func aLargeLogIsRenamedOnce() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("events.jsonl")
        let large = 257 << 20
        for round in 0..<20 {
            try directory.write("", to: "events.jsonl")
            // Without any bytes on the disk.
            #expect(truncate(path, large) == 0)
            let logs = (0..<8).map { _ in EventLog(path: path, site: "here") }
            DispatchQueue.concurrentPerform(iterations: logs.count) { logs[$0].write(Event(.wanted, "a")) }
            #expect(size(path + ".1") >= large, "round \(round)")
            logs[0].write(Event(.wanted, "b"))
            #expect((1..<large).contains(size(path)))
        }
    }
}
