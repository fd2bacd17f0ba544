import ArgumentParser
import Foundation
import LDR
import RLSCore
import RLSStorage

/// Puts the parts of a site together as its configuration says.
enum Assembly {
    static func catalog(_ site: SiteConfiguration) throws -> CatalogLink {
        guard let address = site.lrc else {
            throw ValidationError("the configuration names no `lrc`, the site's catalog")
        }
        return CatalogLink(address)
    }

    static func area(_ site: SiteConfiguration) throws -> StorageArea {
        if site.partitions.isEmpty { throw ValidationError("the configuration names no `partition` for copies") }
        let partitions = try site.partitions.map {
            try StoragePartition(
                name: $0.name, root: $0.root, url: ByteString($0.url), reserve: $0.reserve, isDraining: $0.isDraining,
                isReadOnly: $0.isReadOnly, isTape: $0.isTape)
        }
        return try StorageArea(partitions: partitions, layout: try LayoutTemplate(parsing: site.layout))
    }

    static func tools(_ site: SiteConfiguration) throws -> TransferTools {
        TransferTools(commands: try site.commands.mapValues { try CommandTemplate($0) })
    }

    static func stage(_ site: SiteConfiguration) throws -> StageCommands {
        try StageCommands(site.stageCommands, site.stage)
    }

    static func settings(_ limits: TransferLimits) -> TransferSettings {
        var settings = TransferSettings()
        settings.concurrency = limits.concurrency
        settings.streams = limits.streams
        settings.tcpBuffer = limits.tcpBuffer > 0 ? Int(limits.tcpBuffer) : nil
        settings.stallSeconds = Double(limits.stallTime)
        return settings
    }

    /// Tells the free bytes of partitions; of one that is not mounted nothing. Those that are seen for the first time are marked.
    static func freeSpace(
        of area: StorageArea, _ store: WorkStore
    ) throws(StorageError) -> @Sendable (StoragePartition) -> Int64? {
        var unmarked: Set<String> = []
        for partition in area.partitions where !partition.isReadOnly {
            if try store.isMounted(partition) && !PartitionMark(partition).isThere { unmarked.insert(partition.name) }
        }
        return { [unmarked] partition in
            unmarked.contains(partition.name) || PartitionMark(partition).isThere ? partition.freeBytes() : nil
        }
    }

    static func transferDaemon(_ loop: DaemonLoop) async throws -> TransferDaemon {
        let (site, places) = (loop.site, loop.places)
        var settings = settings(site.transfer)
        // Not for metadata: they are small, and what they tell should not wait.
        settings.bandwidth = BandwidthGate(site.transfer.bandwidth)
        let work = try WorkDesk(path: places.work)
        let (catalog, events) = (try catalog(site), loop.events)
        let arrivals = ArrivalDesk(
            work: work, catalog: catalog, events: events, attempts: site.queue.attempts,
            logger: loop.logger)
        let area = try area(site)
        let free = try await work.use { (store) throws(StorageError) in try freeSpace(of: area, store) }
        let landing = Landing(threads: FileThreads(4))
        // The lock is held by one daemon at a time.
        settings.owner = try DaemonLock.owner(path: places.lock(loop.name))
        let agent = SourceAgent(
            work: work, metadata: try MetadataDesk(site),
            plans: ArrivalPlanner(area, free: free), tools: try tools(site), landing: landing,
            arrivals: arrivals,
            replacement: Replacement(
                site: site.site, area: area, catalog: catalog, landing: landing, events: events),
            limits: site.transfer, settings: settings)
        return TransferDaemon(
            agent, work: work, sources: site.transfer.sources,
            isOff: { site.transfer.bandwidth.limit(at: Date()) == .off },
            incoming: area.partitions.filter { !$0.isReadOnly }.map { IncomingDirectory(root: $0.root) },
            owner: settings.owner, logger: loop.logger)
    }
}
