import Foundation
import LDR
import RLSTestSupport
import Testing

/// The template that the documentation recommends, with xrdcp and a real server.
@Suite struct TransferXRootDTests {
    @Test func xrdcpFetchesByTheTemplate() async throws {
        let fixture = try TransferFixture()
        _ = try NeededProgram.path("xrdcp", package: "xrootd-client")
        let server = try await XRootDServer(fixture.source)
        let tool = CommandTool(try CommandTemplate("xrdcp --nopbar %d %p"))
        let large = try await fixture.publish("large", megabytes: 20)
        let strange = try fixture.publish("a b%41ü", Array("content".utf8))
        let requests = [
            fixture.request(1, server.url("/large"), large),
            fixture.request(2, server.url("/a%20b%2541%C3%BC"), strange),
            fixture.request(3, server.url("/none"), large), fixture.request(4, server.url("/a%00b"), large),
        ]
        // What a program that was killed has left does not hinder.
        try Data("part".utf8).write(to: URL(fileURLWithPath: requests[0].destination))
        let outcomes = await fixture.run(tool, requests)
        #expect(outcomes[1]?.bytes == 20 << 20 && outcomes[2]?.bytes == 7, "\(outcomes)")
        for request in requests.prefix(2) { _ = try await fixture.land(request, request.expected.lfn) }
        #expect(outcomes[3]?.kind == .sourceMissing && outcomes[4]?.kind == .unsupported, "\(outcomes)")
        // The program itself would go on for minutes.
        var settings = TransferSettings()
        settings.overallSeconds = 2
        let nobody = await fixture.run(tool, [fixture.request(5, "root://localhost:1//large", large)], settings)
        #expect([.sourceUnreachable, .timedOut].contains(nobody[5]?.kind), "\(nobody)")
        #expect(try fixture.incoming.leftovers().isEmpty)
    }
}
