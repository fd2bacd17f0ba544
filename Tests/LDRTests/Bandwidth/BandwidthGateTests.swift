import Foundation
import NIOConcurrencyHelpers
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

/// What comes in at a capped site, by real programs.
@Suite struct BandwidthGateTests {
    private let fixture: TransferFixture
    private static let rate: Int64 = 24 << 20

    init() throws { fixture = try TransferFixture() }

    @Test func aBudgetIsShared() {
        let begin = ContinuousClock.now
        let limit = NIOLockedValueBox(BandwidthPlan.Limit.rate(1_000))
        let gate = BandwidthGate(now: begin) { limit.withLockedValue { $0 } }
        #expect(gate.pause(at: begin) == .zero)
        gate.charge(500, at: begin)
        gate.charge(500, at: begin)
        #expect(gate.pause(at: begin) == .seconds(1))
        #expect(gate.pause(at: begin + .milliseconds(600)) < .milliseconds(401))
        // What was not used for long is not made up for.
        gate.charge(1_000, at: begin + .seconds(100))
        #expect(gate.pause(at: begin + .seconds(100)) > .milliseconds(850))
        limit.withLockedValue { $0 = .off }
        #expect(gate.pause(at: begin + .seconds(102)) > .zero)
        limit.withLockedValue { $0 = .none }
        #expect(gate.pause(at: begin + .seconds(104)) == .zero)
        #expect(BandwidthGate(BandwidthPlan()) == nil)
    }

    /// How long files took with the budget, and with what is yet to be paid.
    private func seconds(
        _ tool: any TransferTool, _ requests: [TransferRequest], _ settings: TransferSettings
    ) async throws -> Double {
        var settings = settings
        let gate = BandwidthGate { .rate(Self.rate) }
        settings.bandwidth = gate
        // A program that is stopped makes no progress, and is not to blame for it.
        settings.connectSeconds = Patience.seconds(5)
        let begin = ContinuousClock.now
        let outcomes = await fixture.run(tool, requests, settings)
        #expect(outcomes.values.compactMap(\.failure) == [])
        let debt = gate.pause()
        for request in requests { _ = try await fixture.land(request, "f\(request.id)") }
        return (ContinuousClock.now - begin + debt) / .seconds(1)
    }

    private func expect(_ seconds: Double, for bytes: Int64) {
        let due = Double(bytes) / Double(Self.rate)
        #expect(seconds > due * 0.85 && seconds < due * 2 + Patience.seconds(30), "\(seconds) s instead of \(due) s")
    }

    @Test(arguments: [1, 2]) func curl(lanes: Int) async throws {
        let server = try await WebServer(fixture.source)
        let record = try await fixture.publish("large", megabytes: 24)
        let requests = (1...2).map { fixture.request($0, server.url("files/large"), record) }
        var settings = TransferSettings()
        settings.concurrency = lanes
        expect(try await seconds(CurlTool(), requests, settings), for: record.size * 2)
    }

    @Test(arguments: [(1, 1), (2, 1), (2, 4)]) func gridFTP(lanes: Int, streams: Int) async throws {
        let server = try await GridFTPServer()
        let tool = GlobusURLCopyTool(
            program: try NeededProgram.path("globus-url-copy", package: "globus-gass-copy-progs").path)
        let record = try await fixture.publish("large", megabytes: 24)
        let requests = (1...3).map { fixture.request($0, server.url(fixture.source + "/large"), record) }
        var settings = server.settings
        (settings.concurrency, settings.streams) = (lanes, streams)
        expect(try await seconds(tool, requests, settings), for: record.size * 3)
    }

    @Test func commandsAndCopies() async throws {
        let record = try await fixture.publish("large", megabytes: 24)
        let template = try CommandTemplate("/bin/sh -c 'cp -- \"${1#root://h}\" \"$2\"' sh %u %p")
        let copied = (1...2).map { fixture.request($0, "file://\(fixture.source)/large", record) }
        expect(try await seconds(LocalCopyTool(), copied, TransferSettings()), for: record.size * 2)
        let fetched = (3...4).map { fixture.request($0, "root://h\(fixture.source)/large", record) }
        expect(try await seconds(CommandTool(template), fetched, TransferSettings()), for: record.size * 2)
    }

    @Test func aStoppedProgramIsEndedAndNotBlamed() async throws {
        let server = try await WebServer(fixture.source)
        let record = try await fixture.publish("large", megabytes: 32)
        var settings = TransferSettings()
        let limit = NIOLockedValueBox(BandwidthPlan.Limit.rate(8 << 20))
        settings.bandwidth = BandwidthGate { limit.withLockedValue { $0 } }
        (settings.stallSeconds, settings.connectSeconds) = (1, 1)
        let request = fixture.request(1, server.url("slow/large"), record)
        let tool = try Self.tellingCurl(fixture.directory)
        let running = Task { [fixture, settings] in await fixture.run(tool, [request], settings) }
        #expect(try await eventually { fixture.size(1) > 5 << 20 })
        limit.withLockedValue { $0 = .off }
        var size: Int64 = -1
        #expect(
            try await eventually {
                try await Task.sleep(for: .milliseconds(200))
                defer { size = fixture.size(1) }
                return size == fixture.size(1)
            })
        running.cancel()
        #expect(await running.value[1]?.kind == .interrupted)
        // It went on, to end: nobody had to kill it.
        #expect(fixture.directory.text("ended") == "ended\n")
        let part = fixture.size(1)
        #expect(part >= size && size > 0)
        let rest = fixture.request(1, server.url("files/large"), record)
        #expect(await fixture.run(CurlTool(), [rest])[1]?.bytes == record.size - part)
    }

    /// Writes a file when it is told to end.
    private static func tellingCurl(_ directory: TemporaryDirectory) throws -> CurlTool {
        let script = try directory.write(
            """
            #!/bin/sh
            trap 'echo ended > "${0%/*}/ended"' TERM
            exec 3<&0
            curl "$@" <&3 &
            wait $!
            wait $!
            """, to: "curl")
        chmod(script, 0o700)
        return CurlTool(program: script)
    }
}
