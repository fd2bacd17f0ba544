import Foundation
import NIOConcurrencyHelpers
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

/// A transfer daemon whose window closes and opens.
@Suite struct TransferWindowTests {
    private let site: TransferSite
    private let isOff = NIOLockedValueBox(true)

    init() async throws { site = try await TransferSite() }

    @Test func whatIsUnderWayWaitsForTheNextWindow() async throws {
        let (fixture, server, work) = (site.fixture, site.server, site.work)
        let record = try await fixture.publish("large", megabytes: 32)
        try await site.want([record])
        _ = try await site.schedule(["large": [ByteString(server.url("slow/large"))]])
        let daemon = try site.daemon { [isOff] in isOff.withLockedValue { $0 } }
        #expect(try await daemon.pass() == AgentOutcome())
        #expect(try work.want(of: "large")?.state == .queued && server.requests.isEmpty)

        isOff.withLockedValue { $0 = false }
        let id = try #require(try work.want(of: "large")?.id)
        let pass = Task { try await daemon.pass() }
        #expect(try await eventually { fixture.size(id) > 6 << 20 })
        isOff.withLockedValue { $0 = true }
        #expect(try await pass.value == AgentOutcome())
        let want = try #require(try work.want(of: "large"))
        #expect(want.state == .queued && want.attempts == 0)
        let part = fixture.size(id)
        #expect(part > 6 << 20 && part < record.size)

        isOff.withLockedValue { $0 = false }
        #expect(try await daemon.pass().bytes == record.size - part)
        #expect(try work.want(of: "large")?.state == .present)
        #expect(server.requests.last == "/slow/large bytes=\(part)-")
        #expect(fixture.landed == ["large"])
    }

    @Test func theStatusSaysUntilWhen() throws {
        let (work, metadata) = (site.work, site.metadata)
        let always = BandwidthPlan([try .init(parsing: "20M")])
        let now = WorkStore.now
        let capped = try SiteStatus("here", work: work, metadata: metadata, bandwidth: always, at: now)
        #expect(capped.bandwidth?.bytesPerSecond == 20 << 20 && capped.bandwidth?.until == nil)
        let nights = BandwidthPlan([try .init(parsing: "off 00:00-12:00"), try .init(parsing: "5M 12:00-24:00")])
        let status = try #require(SiteStatus.BandwidthStatus(nights, at: now))
        #expect(try #require(status.until) - now <= 43_200_000 + 3_600_000)
        #expect(try SiteStatus("here", work: work, metadata: metadata, at: now).bandwidth == nil)
    }
}
