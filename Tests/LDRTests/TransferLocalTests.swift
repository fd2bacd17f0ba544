import Foundation
import LDR
import RLSCore
import RLSTestSupport
import Testing

@Suite struct TransferLocalTests {
    private let fixture: TransferFixture

    init() throws { fixture = try TransferFixture() }

    @Test func copiesFiles() async throws {
        let names = ["plain", "a b", "q\"#%41", "ü\nx", "*?[y]"]
        let records = try names.map { try fixture.publish($0, Array($0.utf8)) } + [try fixture.publish("empty", [])]
        let requests = records.enumerated().map { id, record in
            let name = String(decoding: record.lfn.bytes, as: UTF8.self).replacing("%", with: "%25")
            return fixture.request(id, "file://\(fixture.source)/\(name)", record)
        }
        let outcomes = await fixture.run(LocalCopyTool(), requests)
        #expect(outcomes.values.allSatisfy { $0.failure == nil })
        for request in requests { _ = try await fixture.land(request, request.expected.lfn) }
        #expect(fixture.landed == (names + ["empty"]).sorted())
        #expect(fixture.begun.sorted() == requests.map(\.id))
    }

    @Test func strangeSources() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        symlink(fixture.source + "/x", fixture.source + "/link")
        mkfifo(fixture.source + "/pipe", 0o600)
        var other = record
        other.size = 3
        let requests = [
            fixture.request(1, "file://\(fixture.source)/none", record),
            fixture.request(2, "file://\(fixture.source)/link", record),
            fixture.request(3, "file://\(fixture.source)/pipe", record),
            fixture.request(4, "file://elsewhere\(fixture.source)/x", record),
            fixture.request(5, "file://\(fixture.source)/x", other),
            fixture.request(6, "file://\(fixture.source)/a%00b", record),
        ]
        let outcomes = await fixture.run(LocalCopyTool(), requests)
        #expect(
            (1...6).map { outcomes[$0]?.kind } == [
                .sourceMissing, .sourceMissing, .sourceMissing, .unsupported, .sizeDiffers, .unsupported,
            ])
        #expect(try fixture.incoming.leftovers().isEmpty)
    }

    @Test func cancellationAndPace() async throws {
        let record = try await fixture.publish("large", megabytes: 64)
        let request = fixture.request(1, "file://\(fixture.source)/large", record)
        var settings = TransferSettings()
        settings.bandwidth = BandwidthGate { .rate(1 << 20) }
        let running = Task { [fixture, settings] in await fixture.run(LocalCopyTool(), [request], settings) }
        #expect(try await eventually { fixture.size(1) > 0 })
        running.cancel()
        #expect(await running.value[1]?.kind == .interrupted)
    }

    @Test func programsThatOutliveTheirDaemonAreEnded() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        let tool = CommandTool(try CommandTemplate("/bin/sh -c 'sleep 300 & echo > \"$2\"; wait' sh %u %p"))
        var settings = TransferSettings()
        settings.owner = "\(fixture.source) of one"
        let request = fixture.request(1, "root://host/x", record)
        let running = Task { [fixture, settings] in await fixture.run(tool, [request], settings) }
        #expect(try await eventually { fixture.size(1) > 0 })
        #expect(await Survivors.end(of: "\(fixture.source) of another") == 0)
        #expect(await Survivors.end(of: "\(fixture.source) of one") == 2)
        #expect(await running.value[1]?.failure != nil)
    }

    @Test func directoriesOfKilledDaemonsAreRemoved() async throws {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        // The number of a process that has ended may be another's by now.
        let isRemoved = try await eventually {
            let name = "\(parent)/ldr-\(try await Self.endedProcess())"
            let (left, locked) = ("\(name)-1", "\(name)-2")
            defer { for path in [left, locked] { try? FileManager.default.removeItem(atPath: path) } }
            let lock = try makeScratch(locked)
            defer { close(lock) }
            close(try makeScratch(left))
            await Survivors.end(of: "\(fixture.source) of nobody")
            // As by one in another container.
            #expect(FileManager.default.fileExists(atPath: locked + "/errors"))
            return !FileManager.default.fileExists(atPath: left)
        }
        #expect(isRemoved)
    }

    private static func endedProcess() async throws -> pid_t {
        let program = try await Executable(path: "/bin/true").start([])
        _ = try await program.end()
        return program.process
    }

    /// Complete and locked before others see it: they remove what they find, too.
    /// - Returns: the lock
    private func makeScratch(_ path: String) throws -> Int32 {
        let hidden = path + ".new"
        try FileManager.default.createDirectory(atPath: hidden, withIntermediateDirectories: false)
        try Data().write(to: URL(fileURLWithPath: hidden + "/errors"))
        let lock = open(hidden, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
        try #require(rename(hidden, path) == 0)
        return lock
    }

    @Test func programOfTheAdministrator() async throws {
        let record = try fixture.publish("a b'c", Array("content".utf8))
        let tool = CommandTool(try CommandTemplate("/bin/sh -c 'cp -- \"${1#root://}\" \"$2\"' sh %u %p"))
        let requests = [
            fixture.request(1, "root://\(fixture.source)/a b'c", record),
            fixture.request(2, "root://\(fixture.source)/none", record), fixture.request(3, "--help", record),
        ]
        let outcomes = await fixture.run(tool, requests)
        #expect(outcomes[1]?.bytes == 7, "\(outcomes)")
        _ = try await fixture.land(requests[0], "x")
        #expect(outcomes[2]?.kind == .sourceMissing)
        #expect(outcomes[3]?.kind == .unsupported)
        let missing = CommandTool(try CommandTemplate("/no/such/program %u %p"))
        #expect(await fixture.run(missing, [requests[0]])[1]?.kind == .localError)
        let writesNothing = CommandTool(try CommandTemplate("true %u %p"))
        #expect(await fixture.run(writesNothing, [requests[0]])[1]?.kind == .localError)
    }

    @Test func cancellationEndsTheProgramAndItsHelpers() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        let file = fixture.directory.file("helper")
        let script = "sleep 1000 & echo $! > \(file).new; mv \(file).new \(file); wait; sleep 1000"
        let tool = CommandTool(try CommandTemplate("/bin/sh -c '\(script)' %u %p"))
        let request = fixture.request(1, "x://h/x", record)
        let running = Task { [fixture] in await fixture.run(tool, [request]) }
        #expect(try await eventually { FileManager.default.fileExists(atPath: file) })
        let helper = try #require(pid_t(fixture.directory.text("helper").dropLast()))
        running.cancel()
        #expect(await running.value[1]?.kind == .interrupted)
        #expect(try await eventually { kill(helper, 0) != 0 })
    }

    @Test func whatIgnoresTheEndIsKilled() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        let tool = CommandTool(
            try CommandTemplate("/bin/sh -c 'trap \"\" TERM; echo > \"$2\"; while :; do sleep 1; done' sh %u %p"))
        let request = fixture.request(1, "x://h/x", record)
        let running = Task { [fixture] in await fixture.run(tool, [request]) }
        #expect(try await eventually { fixture.size(1) > 0 })
        running.cancel()
        #expect(await running.value[1]?.kind == .interrupted)
    }

    @Test func timeLimits() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        let tool = CommandTool(try CommandTemplate("/bin/sh -c 'printf c > \"$2\"; sleep 1000' sh %u %p"))
        var settings = TransferSettings()
        settings.stallSeconds = 0.2
        let request = fixture.request(1, "x://h/x", record)
        #expect(await fixture.run(tool, [request], settings)[1]?.kind == .timedOut)
        settings = TransferSettings()
        settings.overallSeconds = 0.2
        #expect(await fixture.run(tool, [request], settings)[1]?.kind == .timedOut)
        settings = TransferSettings()
        settings.connectSeconds = 0.2
        let silent = CommandTool(try CommandTemplate("/bin/sh -c 'sleep 1000' %u %p"))
        #expect(await fixture.run(silent, [request], settings)[1]?.kind == .timedOut)
        let large = CommandTool(try CommandTemplate("/bin/sh -c 'printf muchtoolarge > \"$2\"; sleep 1000' sh %u %p"))
        #expect(await fixture.run(large, [request])[1]?.kind == .sizeDiffers)
        #expect(try fixture.incoming.leftovers().isEmpty)
    }
}
