import Foundation
import Logging
import RLSCore
import RLSTestSupport

@testable import LDR

/// A subscriber without catalogs of its own, and a web server with the files that it wants.
struct TransferSite {
    let fixture: TransferFixture
    let server: WebServer
    let work: WorkStore
    let metadata: MetadataStore
    let catalog = MemoryCatalog()

    init() async throws {
        fixture = try TransferFixture()
        server = try await WebServer(fixture.source)
        work = try WorkStore(path: fixture.directory.file("work.db"))
        metadata = try MetadataStore(path: fixture.directory.file("metadata.db"), site: "here")
    }

    nonisolated(nonsending) func want(
        _ records: [FileRecord], _ subscription: SubscriptionConfiguration = .init(name: "all", expression: "size > 0")
    ) async throws {
        _ = try metadata.publish(records)
        // With connections of its own, as the daemon has.
        let (work, metadata) = (
            try WorkStore(path: fixture.directory.file("work.db")),
            try MetadataStore(path: fixture.directory.file("metadata.db"), site: "here")
        )
        _ = try await WantKeeper(work: work, metadata: metadata, catalog: catalog, place: MemoryCatalog.anyPlace)
            .keep([subscription])
    }

    nonisolated(nonsending) func schedule(
        _ urls: [ByteString: [ByteString]], stage: StageCommands = StageCommands(), at now: Int = WorkStore.now
    ) async throws -> Scheduler.Outcome {
        try await Scheduler(
            work: try WorkStore(path: fixture.directory.file("work.db")), finder: FixedFinder(urls: urls),
            limits: QueueLimits(), logger: Logger(label: "test"),
            stage: stage
        ).pass(at: now)
    }

    func desk() throws -> WorkDesk { try WorkDesk(path: fixture.directory.file("work.db")) }

    var events: EventLog { EventLog(path: fixture.directory.file("events.jsonl"), site: "here") }

    func area() throws -> StorageArea {
        try StorageArea(
            partitions: [StoragePartition(name: "main", root: fixture.root, url: "http://here/files")],
            layout: LayoutTemplate(parsing: "{lfn}"))
    }

    func daemon(
        isOff: @escaping @Sendable () -> Bool = { false }, cleaning: Duration = .seconds(3_600),
        rest: Duration = .seconds(60)
    ) throws -> TransferDaemon {
        TransferDaemon(
            try agent(), work: try desk(), sources: 2, isOff: isOff, incoming: [fixture.incoming], cleaning: cleaning,
            rest: rest, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func agent(_ tools: TransferTools = TransferTools(), plans: ArrivalPlanner? = nil) throws -> SourceAgent {
        let (desk, area) = (try desk(), try area())
        let arrivals = ArrivalDesk(
            work: desk, catalog: catalog, events: events, attempts: 3, logger: Logger(label: "test"))
        var site = SiteConfiguration()
        (site.site, site.directory) = ("here", fixture.directory.path)
        let landing = Landing()
        return SourceAgent(
            work: desk, metadata: try MetadataDesk(site), plans: plans ?? ArrivalPlanner(area), tools: tools,
            landing: landing, arrivals: arrivals,
            replacement: Replacement(site: "here", area: area, catalog: catalog, landing: landing, events: events),
            limits: TransferLimits(), settings: TransferSettings())
    }

    func state(_ name: ByteString) throws -> WantState? { try work.want(of: name)?.state }
}
