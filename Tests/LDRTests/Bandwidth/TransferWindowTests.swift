import Foundation
import Logging
import NIOConcurrencyHelpers
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

/// A transfer daemon whose window closes and opens.
@Suite struct TransferWindowTests {
    private let fixture: TransferFixture
    private let server: WebServer
    private let work: WorkStore
    private let metadata: MetadataStore
    private let catalog = MemoryCatalog()
    private let isOff = NIOLockedValueBox(true)

    init() async throws {
        fixture = try TransferFixture()
        server = try await WebServer(fixture.source)
        work = try WorkStore(path: fixture.directory.file("work.db"))
        metadata = try MetadataStore(path: fixture.directory.file("metadata.db"), site: "here")
    }

    private func queue(_ url: String) async throws {
        let finder = FixedFinder(urls: ["large": [ByteString(url)]])
        _ = try await Scheduler(work: work, finder: finder, limits: QueueLimits(), logger: Logger(label: "test"))
            .pass()
    }

    private func daemon() throws -> TransferDaemon {
        let desk = try WorkDesk(path: fixture.directory.file("work.db"))
        let area = try StorageArea(
            partitions: [StoragePartition(name: "main", root: fixture.root, url: "http://here/files")],
            layout: LayoutTemplate(parsing: "{lfn}"))
        let (events, landing) = (EventLog(path: fixture.directory.file("events"), site: "here"), Landing())
        let arrivals = ArrivalDesk(
            work: desk, catalog: catalog, events: events, attempts: 3, logger: Logger(label: "test"))
        var site = SiteConfiguration()
        (site.site, site.directory) = ("here", fixture.directory.path)
        let agent = SourceAgent(
            work: desk, metadata: try MetadataDesk(site),
            plans: ArrivalPlanner(area), tools: TransferTools(), landing: landing, arrivals: arrivals,
            replacement: Replacement(site: "here", area: area, catalog: catalog, landing: landing, events: events),
            limits: TransferLimits(), settings: TransferSettings())
        return TransferDaemon(agent, work: desk, sources: 2, isOff: { [isOff] in isOff.withLockedValue { $0 } })
    }

    @Test func whatIsUnderWayWaitsForTheNextWindow() async throws {
        let record = try fixture.publish("large", megabytes: 32)
        _ = try metadata.publish([record])
        _ = try await WantKeeper(work: work, metadata: metadata, catalog: catalog, isInStorage: { _ in true })
            .keep([SubscriptionConfiguration(name: "all", expression: "size > 0")])
        try await queue(server.url("slow/large"))
        let daemon = try daemon()
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
