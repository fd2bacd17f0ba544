import Foundation
import Logging
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

/// Files that a source has to bring back from tape before they can be fetched.
@Suite struct StagerTests {
    private let site: TransferSite
    private let now = WorkStore.now

    init() async throws { site = try await TransferSite() }

    /// Puts the file into the server's directory when it is asked for the third time.
    private static let script = """
        #!/bin/sh
        name=${1##*/}
        echo "$1 $2" >> "$0.log"
        case $name in
            bad*) echo "no such tape" >&2; exit 1 ;;
            late*) exec sleep 1000 ;;
            never*) exit 75 ;;
        esac
        if [ "$(grep -c "/$name " "$0.log")" -lt 3 ]; then echo "being mounted" >&2; exit 75; fi
        mv "${0%/*}/tape-$name" "${0%/*}/source/$name"
        """

    private var log: String { site.fixture.directory.text("stage.log") }

    private func commands(_ change: (inout StageLimits) -> Void = { _ in }) throws -> StageCommands {
        let script = try site.fixture.directory.write(Self.script, to: "stage")
        chmod(script, 0o700)
        var limits = StageLimits()
        limits.interval = 1
        change(&limits)
        let rule = StageConfiguration(prefix: site.server.url("files/"), command: "\(script) %u %s")
        return try StageCommands([rule], limits)
    }

    private func stager(_ commands: StageCommands, attempts: Int = 3) throws -> Stager {
        Stager(work: try site.desk(), commands: commands, events: site.events, attempts: attempts)
    }

    /// Published, and taken off the disk.
    private func offline(_ name: String) throws -> FileRecord {
        let record = try site.fixture.publish(name, Array("content of \(name)".utf8))
        let source = "\(site.fixture.source)/\(name)"
        try FileManager.default.moveItem(atPath: source, toPath: site.fixture.directory.file("tape-\(name)"))
        return record
    }

    private func onTape(_ names: [String]) -> [ByteString: [ByteString]] {
        Dictionary(uniqueKeysWithValues: names.map { (ByteString($0), [ByteString(site.server.url("files/\($0)"))]) })
    }

    @Test func aFileComesWhenItIsReadable() async throws {
        let commands = try commands()
        let disk = try site.fixture.publish("disk", Array("x".utf8))
        try await site.want([try offline("a"), disk])
        var urls = onTape(["a"])
        urls["disk"] = [ByteString(site.server.url("slow/disk"))]
        let outcome = try await site.schedule(urls, stage: commands, at: now)
        #expect(outcome.queued == 1 && outcome.staging == 1)
        #expect(try site.state("a") == .staging)
        // Nobody waits for it.
        #expect(try await site.daemon().pass().arrived == 1)
        let stager = try stager(commands)
        for round in 0..<2 {
            #expect(try await stager.pass(at: now + round * 1_000).readable == 0)
            // Not before its time.
            #expect(try await stager.pass(at: now + round * 1_000 + 999) == Stager.Outcome())
        }
        let waiting = try #require(try site.work.want(of: "a"))
        #expect(waiting.state == .staging && waiting.reason?.contains("being mounted") == true && waiting.attempts == 0)
        let status = try SiteStatus("here", work: site.work, metadata: site.metadata, at: now)
        #expect(status.subscriptions[0].staging == 1)
        #expect(try await stager.pass(at: now + 2_000).readable == 1)
        #expect(try site.state("a") == .queued)
        #expect(try await site.daemon().pass().arrived == 1)
        #expect(site.fixture.landed == ["a", "disk"])
        #expect(log == String(repeating: "\(site.server.url("files/a")) 12\n", count: 3))
    }

    @Test func whatCannotBeBroughtBackFails() async throws {
        let commands = try commands {
            $0.answer = 600
            $0.time = 5
        }
        let names = ["bad", "never"]
        try await site.want(try names.map { try offline($0) })
        #expect(try await site.schedule(onTape(names), stage: commands, at: now).staging == 2)
        let stager = try stager(commands, attempts: 2)
        #expect(try await stager.pass(at: now).failed == 1)
        #expect(try site.work.want(of: "bad")?.reason?.contains("no such tape") == true)
        #expect(try site.state("never") == .staging)
        #expect(try await stager.pass(at: now + 6_000).failed == 1)
        #expect(try site.work.want(of: "never")?.reason?.contains("not readable within 5 s") == true)
        // Again, later, and in the end stuck; what else the source has is not to blame.
        let later = now + 10_000_000
        _ = try await site.schedule(onTape(names), stage: commands, at: later)
        #expect(try await stager.pass(at: later).failed == 1)
        #expect(try site.state("bad") == .stuck)
        #expect(try site.work.sources().allSatisfy { $0.failed == 0 })
        #expect(try site.work.history(of: "bad", limit: 9).count == 2)
    }

    @Test func programsThatDoNotAnswerAreEnded() async throws {
        let commands = try commands { $0.answer = 1 }
        try await site.want([try offline("late")])
        let stager = try stager(commands, attempts: 2)
        for (time, state) in [(now, WantState.missing), (now + 10_000_000, .stuck)] {
            #expect(try await site.schedule(onTape(["late"]), stage: commands, at: time).staging == 1)
            let begin = ContinuousClock.now
            #expect(try await stager.pass(at: time).failed == 1)
            #expect(ContinuousClock.now - begin < .seconds(Patience.seconds(10)))
            let want = try #require(try site.work.want(of: "late"))
            #expect(want.state == state && want.reason?.contains("no answer within 1 s") == true)
        }
        #expect(try site.work.sources().allSatisfy { $0.failed == 0 })
    }

    @Test func whatDoesNotWaitAnyLongerIsLeftAlone() async throws {
        try await site.want([try offline("a")])
        #expect(try await site.schedule(onTape(["a"]), stage: try commands(), at: now).staging == 1)
        let want = try #require(try site.work.want(of: "a"))
        #expect(try site.work.noteAsked(want, at: now) == now)
        // The stage command was taken out of the configuration.
        try site.work.endStaging()
        #expect(try site.work.noteAsked(want, at: now + 1) == nil)
        let late = TransferResult(
            want, source: "s", url: "u", began: now, ended: now, bytes: 0, failure: ("timedOut", "late"))
        try site.work.finish([late], attempts: 1)
        #expect(try site.state("a") == .missing)
    }

    @Test func aMissingProgramMakesNothingStuck() async throws {
        let rule = StageConfiguration(prefix: site.server.url("files/"), command: "/no/such/program %u")
        let commands = try StageCommands([rule], StageLimits())
        try await site.want([try offline("a")])
        #expect(try await site.schedule(onTape(["a"]), stage: commands, at: now).staging == 1)
        #expect(try await stager(commands, attempts: 1).pass(at: now).failed == 1)
        let want = try #require(try site.work.want(of: "a"))
        #expect(want.state == .missing && want.reason?.contains("cannot start") == true)
    }

    @Test func programsThatOutliveTheirDaemonAreEnded() async throws {
        let commands = try commands { $0.answer = 60 }
        try await site.want([try offline("late")])
        #expect(try await site.schedule(onTape(["late"]), stage: commands, at: now).staging == 1)
        let lock = site.fixture.directory.file("stage.lock")
        let owner = try DaemonLock.owner(path: lock)
        #expect(try DaemonLock.owner(path: lock) == owner)
        let stager = Stager(
            work: try site.desk(), commands: commands, events: site.events, attempts: 3, owner: owner)
        let time = now
        async let running = stager.pass(at: time)
        let directory = site.fixture.directory
        #expect(try await eventually { directory.text("stage.log").contains("late") })
        // Of another daemon with the same path.
        #expect(await Survivors.end(of: lock) == 0)
        #expect(try await eventually { await Survivors.end(of: owner) > 0 })
        #expect(try await running.failed == 1)
    }

    @Test func soManyAtATime() async throws {
        let commands = try commands { $0.files = 2 }
        let names = (0..<25).map { "never\($0)" }
        try await site.want(try names.map { try offline($0) })
        #expect(try await site.schedule(onTape(names), stage: commands, at: now).staging == 20)
        #expect(try site.work.wants(in: .missing, limit: 99).allSatisfy { $0.reason?.contains("on tape") == true })
        let stager = try stager(commands)
        for round in 0..<3 { #expect(try await stager.pass(at: now + round * 2_000).asked == 2) }
        #expect(Set(log.split(separator: "\n")).count == 2)
        // A daemon that begins anew asks for the same ones.
        #expect(try await self.stager(commands).pass(at: now + 10_000).asked == 2)
        #expect(Set(log.split(separator: "\n")).count == 2)
        // Without a stage command all can be read.
        #expect(try await site.schedule(onTape(names), at: now + 400_000).queued == 25)
    }

    @Test func aCopyOnADiskIsPreferred() async throws {
        let commands = try commands()
        try await site.want([try offline("a")])
        var urls = onTape(["a"])
        urls["a"]?.append(ByteString(site.server.url("slow/a")))
        let outcome = try await site.schedule(urls, stage: commands, at: now)
        #expect(outcome.queued == 1 && outcome.staging == 0)
    }

    @Test func whatWaitsForTapeKeepsNothingElse() async throws {
        let commands = try commands { $0.files = 1 }
        // What the disk of the last two has to do first.
        try await site.want([FileRecord(lfn: "big", size: 1 << 40)])
        #expect(try await site.schedule(["big": ["http://disk/big"]], stage: commands, at: now).queued == 1)
        let names = (0..<35).map { "t\($0)" }
        try await site.want((names + ["x-both", "x-disk"]).map { FileRecord(lfn: ByteString($0), size: 1) })
        var urls = onTape(names)
        urls["x-both"] = [ByteString(site.server.url("files/x-both")), "http://disk/x-both"]
        urls["x-disk"] = [ByteString(site.server.url("slow/x-disk"))]
        var limits = QueueLimits()
        limits.perSource = 12
        let outcome = try await Scheduler(
            work: try WorkStore(path: site.fixture.directory.file("work.db")), finder: FixedFinder(urls: urls),
            limits: limits, logger: Logger(label: "test"), stage: commands
        ).pass(at: now + 1)
        #expect(outcome.staging == 10 && outcome.withoutSource == 25 && outcome.queued == 2)
        #expect(try site.work.want(of: "x-both")?.source == "http://disk")
        // The more wait, the later the last of them is thought of.
        let waiting = try site.work.wants(in: .missing, limit: 99).map { $0.nextTry - now - 1 }
        #expect(Set(waiting) == [300_000, 600_000, 900_000])
    }

    @Test func theLongestPrefixCounts() throws {
        let commands = try StageCommands(
            [
                StageConfiguration(prefix: "gsiftp://h/", command: "one %u"),
                StageConfiguration(prefix: "gsiftp://h/tape/", command: "two --size=%s %u"),
            ], StageLimits())
        #expect(commands.command(for: "gsiftp://h/tape/x")?.program == "two")
        #expect(commands.command(for: "gsiftp://h/tapes/x")?.program == "one")
        #expect(commands.command(for: "gsiftp://host/tape/x") == nil)
    }
}
