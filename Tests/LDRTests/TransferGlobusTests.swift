import Foundation
import LDR
import RLSCore
import RLSTestSupport
import Testing

@Suite struct TransferGlobusTests {
    private let fixture: TransferFixture
    private let server: GridFTPServer
    private let tool: GlobusURLCopyTool

    init() async throws {
        fixture = try TransferFixture()
        server = try await GridFTPServer()
        tool = GlobusURLCopyTool(
            program: try NeededProgram.path("globus-url-copy", package: "globus-gass-copy-progs").path)
    }

    private func url(_ name: String) -> String { server.url("\(fixture.source)/\(name)") }

    private func urlEncoded(_ name: String) -> String { url(name.replacing("%", with: "%25")) }

    @Test(arguments: [1, 3])
    func manySmallFiles(lanes: Int) async throws {
        let names =
            (0..<500).map { "file \($0)" } + [
                "q\"#%41?x", "ü\ny", "*[y]", "back\\slash", String(repeating: "%", count: 240),
            ]
        let records = try names.map { try fixture.publish($0, Array($0.utf8)) } + [try fixture.publish("empty", [])]
        let requests = records.enumerated().map { id, record in
            fixture.request(id, urlEncoded(String(decoding: record.lfn.bytes, as: UTF8.self)), record)
        }
        var settings = server.settings
        settings.concurrency = lanes
        let outcomes = await fixture.run(tool, requests, settings)
        #expect(outcomes.values.compactMap(\.failure) == [])
        for request in requests { _ = try await fixture.land(request, request.expected.lfn) }
        #expect(fixture.landed.count == 506)
        #expect(Set(fixture.begun) == Set(requests.map(\.id)))
    }

    @Test(arguments: [(true, false, 1), (false, false, 1), (true, true, 1), (true, false, 4)])
    func badFilesDoNotStopOthers(fast: Bool, pipelines: Bool, streams: Int) async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        let large = try await fixture.publish("large", megabytes: 9)
        mkdir(fixture.source + "/directory", 0o700)
        let requests = [
            fixture.request(1, url("x"), record), fixture.request(2, url("none"), record),
            fixture.request(3, url("large"), large), fixture.request(4, url("directory"), record),
            fixture.request(5, url("none2"), record), fixture.request(6, url("x%0D%0ADELE"), record),
            fixture.request(7, url("x"), record),
        ]
        var settings = server.settings
        settings.concurrency = 1
        settings.reusesDataChannels = fast
        settings.pipelines = pipelines
        settings.streams = streams
        settings.dataChannel = streams > 1 ? .safe : .clear
        settings.tcpBuffer = 1 << 20
        let outcomes = await fixture.run(tool, requests, settings)
        let kinds = (1...7).map { outcomes[$0]?.kind }
        // What several streams write has no order.
        #expect(fixture.begun.contains(3) == (streams == 1))
        #expect(kinds[0] == nil && kinds[2] == nil && kinds[6] == nil, "\(outcomes)")
        #expect(kinds[1] == .sourceMissing && kinds[4] == .sourceMissing && kinds[5] == .unsupported)
        #expect(kinds[3] != nil)
        for id in [0, 2, 6] { _ = try await fixture.land(requests[id], "f\(id)") }
        #expect(try fixture.incoming.leftovers().isEmpty)
    }

    @Test func wrongBytesAreNotLanded() async throws {
        var record = try fixture.publish("x", Array("content".utf8))
        record.checksums = Checksums(adler32: 1)
        let request = fixture.request(1, url("x"), record)
        #expect(await fixture.run(tool, [request], server.settings)[1]?.failure == nil)
        await #expect(throws: TransferFailure.self) { try await fixture.land(request, "x") }
        #expect(fixture.landed.isEmpty)
        record.size = 3
        let outcome = await fixture.run(tool, [fixture.request(2, url("x"), record)], server.settings)[2]
        // It may be over before it is looked at.
        #expect(outcome?.kind == .sizeDiffers || outcome?.bytes == 7)
    }

    @Test(arguments: [1, 4])
    func serverThatDiesIsContinued(streams: Int) async throws {
        let record = try await fixture.publish("large", megabytes: 600)
        var settings = server.settings
        settings.streams = streams
        let requests = [fixture.request(1, url("large"), record)]
        // Not so fast that all of it is here before anybody looks.
        settings.bandwidth = BandwidthGate { .rate(64 << 20) }
        let running = Task { [fixture, tool, settings] in await fixture.run(tool, requests, settings) }
        try await stopServer(when: 1, has: 32 << 20)
        try await server.end()
        #expect(await running.value[1]?.kind == .sourceUnreachable)
        let part = fixture.size(1)
        #expect(part >= 32 << 20 && (streams > 1 || part < record.size))
        settings.bandwidth = nil
        #expect(await fixture.run(tool, requests, settings)[1]?.kind == .sourceUnreachable)

        let second = try await GridFTPServer(port: server.port)
        #expect(try await eventually { await fixture.run(tool, requests, settings)[1]?.failure == nil })
        _ = second
        _ = try await fixture.land(requests[0], "large")
    }

    @Test func whoeverIsNotTrusted() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        let authority = try await TestAuthority.shared
        let requests = (1...5).map { fixture.request($0, url("x"), record) }
        for (proxy, kind) in [
            ("mallory-rfc", TransferFailure.Kind.sourceRefused), ("bob-rfc", .sourceRefused),
            ("alice-expired", .localError),
        ] {
            var settings = server.settings
            settings.proxy = authority.proxy(proxy)
            settings.concurrency = 1
            let outcomes = await fixture.run(tool, requests, settings)
            #expect(outcomes.values.allSatisfy { $0.kind == kind }, "\(proxy): \(outcomes)")
        }
        let elsewhere = [fixture.request(9, "gsiftp://localhost:1/x", record)]
        #expect(await fixture.run(tool, elsewhere, server.settings)[9]?.kind == .sourceUnreachable)
        let missing = await fixture.run(GlobusURLCopyTool(program: "no-such-program"), [requests[0]], server.settings)[
            1]
        #expect(missing?.kind == .localError)
        #expect(missing?.failure?.message.contains("globus-gass-copy-progs") == true)
    }

    @Test func standstillAndCancellation() async throws {
        let record = try await fixture.publish("large", megabytes: 300)
        var settings = server.settings
        settings.concurrency = 1
        settings.stallSeconds = 2
        #expect(try await halted(1..<10, record, settings, cancels: false) == .timedOut)
        settings.stallSeconds = 60
        #expect(try await halted(10..<20, record, settings, cancels: true) == .interrupted)
    }

    /// On a thread of its own: the transfer takes less than a second.
    private func stopServer(when id: Int, has bytes: Int64) async throws {
        try await blocking { [fixture, server] in
            let end = ContinuousClock.now + .seconds(Patience.seconds(20))
            while fixture.size(id) <= bytes && ContinuousClock.now < end { usleep(1_000) }
            server.stop()
        }
    }

    /// How a transfer ends whose server stops in the middle. On a busy machine it may be through before that: then once more.
    private func halted(
        _ ids: Range<Int>, _ record: FileRecord, _ settings: TransferSettings, cancels: Bool
    ) async throws -> TransferFailure.Kind? {
        for id in ids {
            let request = fixture.request(id, url("large"), record)
            let running = Task { [fixture, tool] in await fixture.run(tool, [request], settings)[id] }
            try await stopServer(when: id, has: 8 << 20)
            if cancels { running.cancel() }
            if let kind = await running.value?.kind { return kind }
            unlink(request.destination)
        }
        return nil
    }
}
