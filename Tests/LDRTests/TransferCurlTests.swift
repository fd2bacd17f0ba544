import Foundation
import LDR
import RLSCore
import RLSTestSupport
import Testing

@Suite struct TransferCurlTests {
    private let fixture: TransferFixture
    private let server: WebServer

    init() async throws {
        fixture = try TransferFixture()
        server = try await WebServer(fixture.source)
    }

    @Test func manySmallFiles() async throws {
        let names = (0..<500).map { "file \($0)" } + ["q\"#%41&x", "ü\nurl = y", "*?[y]{a,b}"]
        let records = try names.map { try fixture.publish($0, Array($0.utf8)) } + [try fixture.publish("empty", [])]
        let requests = records.enumerated().map { id, record in
            let name = String(decoding: record.lfn.bytes, as: UTF8.self)
            let encoded = name.replacing("%", with: "%25").replacing("?", with: "%3F")
            return fixture.request(id, server.url("files/\(encoded)"), record)
        }
        let outcomes = await fixture.run(CurlTool(), requests)
        #expect(outcomes.values.compactMap(\.failure) == [])
        for request in requests { _ = try await fixture.land(request, request.expected.lfn) }
        #expect(fixture.landed.count == 504)
        #expect(try fixture.incoming.leftovers().isEmpty)
    }

    @Test func failuresAreToldApart() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        let answers = [404, 410, 401, 403, 500, 503, 429, 504, 302, 418]
        let more = [
            "http://localhost:1/x", "http://no-such-host.invalid/x", "gsiftp://localhost/x",
            server.url("redirect/file:%2F%2F\(fixture.source)%2Fx"), server.url("files/x"),
        ]
        let urls = answers.map { server.url("status/\($0)") } + more
        let requests = urls.enumerated().map { fixture.request($0, $1, record) }
        let outcomes = await fixture.run(CurlTool(), requests)
        #expect(
            requests.indices.dropLast().map { outcomes[$0]?.kind } == [
                .sourceMissing, .sourceMissing, .sourceRefused, .sourceRefused, .sourceUnreachable, .sourceUnreachable,
                .sourceUnreachable, .timedOut, outcomes[8]?.kind, .other, .sourceUnreachable, .sourceUnreachable,
                .unsupported, outcomes[13]?.kind,
            ])
        #expect(outcomes[13]?.failure != nil)
        #expect(outcomes[14]?.bytes == 7)
        #expect(outcomes[0]?.failure?.message.contains("404") == true)
    }

    @Test func wrongBytesAreNotLanded() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        let request = fixture.request(1, server.url("wrong/x"), record)
        #expect(await fixture.run(CurlTool(), [request])[1]?.failure == nil)
        await #expect(throws: TransferFailure.self) { try await fixture.land(request, "x") }
        #expect(fixture.landed.isEmpty)
        let redirected = fixture.request(2, server.url("redirect/%2Ffiles%2Fx"), record)
        #expect(await fixture.run(CurlTool(), [redirected])[2]?.bytes == 7)
    }

    @Test func continuesWhatBrokeOff() async throws {
        let record = try await fixture.publish("large", megabytes: 16)
        let request = fixture.request(1, server.url("broken/large"), record)
        #expect(await fixture.run(CurlTool(), [request])[1]?.kind == .sourceUnreachable)
        let part = fixture.size(1)
        #expect(part >= 8 << 20)
        #expect(await fixture.run(CurlTool(), [request])[1]?.bytes == record.size - part)
        #expect(server.requests.last == "/broken/large bytes=\(part)-")
        _ = try await fixture.land(request, "large")
    }

    @Test func beginsAnewWhereItMust() async throws {
        let record = try await fixture.publish("large", megabytes: 16)
        let request = fixture.request(1, server.url("whole/large"), record)
        try Data(repeating: 1, count: 9 << 20).write(to: URL(fileURLWithPath: request.destination))
        #expect(await fixture.run(CurlTool(), [request])[1]?.bytes == record.size)
        // It is all there: nothing is asked.
        #expect(await fixture.run(CurlTool(), [request])[1]?.bytes == 0)
        #expect(server.requests.count == 2)
        // Without a checksum nothing is continued.
        let unknown = fixture.request(2, server.url("files/large"), FileRecord(lfn: "large", size: record.size))
        try Data(repeating: 1, count: 9 << 20).write(to: URL(fileURLWithPath: unknown.destination))
        #expect(await fixture.run(CurlTool(), [unknown])[2]?.bytes == record.size)
    }

    @Test func leavesAFileToAProgramThatOutlivedItsDaemon() async throws {
        let record = try await fixture.publish("large", megabytes: 16)
        let request = fixture.request(1, server.url("files/large"), record)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture.source + "/large"))
        try bytes.prefix(9 << 20).write(to: URL(fileURLWithPath: request.destination))
        let other = try await Executable(path: "/bin/sh").start(
            ["-c", "exec >>\"$1\"; echo open >&2; exec sleep 1000", "sh", request.destination])
        #expect(try await other.waitForErrors(seconds: 20) { $0.contains("open") })
        #expect(await fixture.run(CurlTool(), [request])[1]?.bytes == record.size)
        other.signal(SIGKILL)
        _ = try await fixture.land(request, "large")
    }

    @Test func whatNeverEndsIsEnded() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        let large = try await fixture.publish("large", megabytes: 8)
        let requests = [
            fixture.request(1, server.url("endless/x"), record), fixture.request(2, server.url("files/x"), record),
        ]
        let outcomes = await fixture.run(CurlTool(), requests)
        #expect(outcomes[1]?.kind == .sizeDiffers && outcomes[2]?.bytes == 7, "\(outcomes)")
        #expect(fixture.size(1) == -1)
        // Alone: the others may have to wait for as long.
        var settings = TransferSettings()
        settings.stallSeconds = 1
        let stuck = fixture.request(3, server.url("stuck/large"), large)
        #expect(await fixture.run(CurlTool(), [stuck], settings)[3]?.kind == .timedOut)
    }

    @Test func cancellationEndsTheProgram() async throws {
        let record = try await fixture.publish("large", megabytes: 64)
        let requests = (1...3).map { fixture.request($0, server.url("slow/large"), record) }
        var settings = TransferSettings()
        settings.concurrency = 2
        let running = Task { [fixture, settings] in await fixture.run(CurlTool(), requests, settings) }
        #expect(
            try await eventually { fixture.size(1) > 0 && fixture.size(2) > 0 && fixture.begun.sorted() == [1, 2] })
        running.cancel()
        let outcomes = await running.value
        #expect(outcomes.values.allSatisfy { $0.kind == .interrupted }, "\(outcomes)")
        let size = fixture.size(1)
        try await Task.sleep(for: .milliseconds(100))
        #expect(fixture.size(1) == size)
    }

    @Test func certificates() async throws {
        let authority = try await TestAuthority.shared
        let secure = try await WebServer(fixture.source, authority: authority)
        let record = try fixture.publish("x", Array("content".utf8))
        let url = secure.url("files/x").replacing("https:", with: "davs:")
        var settings = TransferSettings()
        settings.authorities = authority.file("certificates")
        settings.proxy = authority.proxy("alice-rfc")
        #expect(await fixture.run(CurlTool(), [fixture.request(1, url, record)], settings)[1]?.bytes == 7)
        settings.proxy = authority.proxy("mallory-rfc")
        let refused = await fixture.run(CurlTool(), [fixture.request(2, url, record)], settings)[2]
        #expect(refused?.kind == .sourceRefused || refused?.kind == .sourceUnreachable)
        settings.proxy = "/no/such/proxy"
        let local = await fixture.run(CurlTool(), [fixture.request(3, url, record)], settings)[3]
        #expect(local?.kind == .localError)
        settings.authorities = fixture.source
        settings.proxy = authority.proxy("alice-rfc")
        let untrusted = await fixture.run(CurlTool(), [fixture.request(4, url, record)], settings)[4]
        #expect(untrusted?.kind == .sourceRefused)
    }
}
