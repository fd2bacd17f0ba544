import ArgumentParser
import LDR
import Logging
import RLSCore

struct ReapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reap",
        abstract: "Removes copies whose subscriptions let go of them, and moves those of partitions that drain.",
        discussion: """
            Subscriptions let go of files after their lifetime, and of the oldest when they have more than their volume. Files \
            that this site published stay, and so does the last copy of a file. What has gone is not fetched again, but by \
            `ldr retry` with its name.
            """)

    @OptionGroup var options: DaemonOptions
    @Flag(help: "Tell, and change nothing.") var dryRun = false
    @Flag(help: "Remove copies of which no other is known, too.") var evenLast = false
    @Flag(help: "The report as one JSON object.") var json = false

    func run() async throws {
        let loop = try DaemonLoop("reap", options)
        let site = loop.site
        let catalog = try Assembly.catalog(site)
        if site.rlis.isEmpty && !evenLast && Self.hasEnds(site) {
            throw ValidationError("the configuration names no `rli` to ask for other copies; or give --even-last")
        }
        let finder = IndexedReplicaFinder(indexes: site.rlis)
        let work = ReapWork(
            site: site, area: try Assembly.area(site), catalog: catalog, finder: finder, events: loop.events,
            logger: loop.logger, acts: !dryRun, evenLast: evenLast, json: json)
        // To look, no daemon needs to be stopped.
        if dryRun {
            if let report = try await work.look() { print(report) }
        } else {
            let interval = Self.interval(site)
            let turns = ReapTurns(interval: .seconds(site.reap.interval), shortest: .seconds(interval))
            try await loop.run(every: interval) { try await work.pass(turns) }
        }
        await finder.close()
        await catalog.close()
    }

    /// Seconds. New files of rolling subscriptions wait for it.
    private static func interval(_ site: SiteConfiguration) -> Int {
        let isRolling = site.subscriptions.contains { $0.isRolling }
        return Int(isRolling ? min(site.reap.interval, Int64(site.interval) * 3) : site.reap.interval)
    }

    /// Whether subscriptions let go of anything, ever.
    fileprivate static func hasEnds(_ site: SiteConfiguration) -> Bool {
        site.reap.removesUnwanted || site.subscriptions.contains { $0.lifetime > 0 || $0.maximumVolume > 0 }
    }

    /// Whether there is anything to remove or to move at the site.
    static func isNeeded(_ site: SiteConfiguration) -> Bool {
        if site.partitions.isEmpty || site.lrc == nil { return false }
        let drains = site.partitions.contains { $0.isDraining && !$0.isReadOnly }
        return drains || hasEnds(site) && !site.rlis.isEmpty
    }
}

/// What the daemon does again and again.
private struct ReapWork: Sendable {
    let site: SiteConfiguration
    let area: StorageArea
    let catalog: CatalogLink
    let finder: IndexedReplicaFinder
    let events: EventLog
    let logger: Logger
    let acts: Bool
    let evenLast: Bool
    let json: Bool

    private struct Report: Encodable {
        var reap = ReapReport()
        var drain = Drainer.Report()
    }

    /// Changes nothing.
    func look() async throws -> String? {
        var report = Report()
        try await work(isWhole: true, gone: 0, &report)
        return tell(report)
    }

    /// - Returns: what has been done, in words; nil for nothing
    func pass(_ turns: ReapTurns) async throws -> String? {
        guard let turn = await turns.next() else { return nil }
        if try !turn.isWhole && !WorkStore(path: SitePlaces(site).work).needsRoom() { return nil }
        // What one of them takes out of the catalog, the other must not take for lost.
        guard let storage = try DaemonLock.ifFree(path: SitePlaces(site).lock("storage"), daemon: "verify or reap")
        else { return "`ldr verify` is at work: the next time" }
        defer { withExtendedLifetime(storage) {} }
        var report = Report()
        do { try await work(isWhole: turn.isWhole, gone: turn.gone, &report) } catch {
            await turns.note(turn, isComplete: false, removed: report.reap.reaped.count)
            throw error
        }
        await turns.note(turn, isComplete: true, removed: report.reap.reaped.count)
        return tell(report)
    }

    private func work(isWhole: Bool, gone: Int, _ report: inout Report) async throws {
        if ReapCommand.hasEnds(site) {
            let reaper = Reaper(
                area: area, catalog: catalog, finder: finder, metadata: try MetadataStore(of: site),
                work: try WorkStore(path: SitePlaces(site).work), events: events, limits: site.reap)
            try await reaper.pass(
                site.subscriptions, isWhole ? .all : .room, acts: acts, evenLast: evenLast, gone: gone,
                into: &report.reap)
        }
        if !isWhole { return }
        var free: @Sendable (StoragePartition) -> Int64? = { $0.freeBytes() }
        if acts { free = try Assembly.freeSpace(of: area, try WorkStore(path: SitePlaces(site).work)) }
        let drainer = Drainer(
            area: area, catalog: catalog, metadata: try MetadataStore(of: site), events: events, free: free)
        report.drain = try await drainer.pass(acts: acts)
    }

    private func tell(_ report: Report) -> String? {
        for refusal in report.reap.refusals { logger.warning("\(refusal)") }
        if json { print(JSONText.line(report)) }
        if json || report.reap.due + report.reap.revived + report.drain.due == 0 { return nil }
        return words(report)
    }

    private func words(_ report: Report) -> String {
        let (reap, drain) = (report.reap, report.drain)
        var text = "due \(reap.due), \(acts ? "removed" : "would remove") \(reap.reaped.count) "
        text += "(\(Sizes.text(reap.reapedBytes))), wanted again \(reap.revived)"
        if drain.due > 0 {
            text += "; in partitions that drain \(drain.due), moved \(drain.moved) (\(Sizes.text(drain.movedBytes)))"
        }
        let reasons = Dictionary(grouping: reap.kept + drain.kept, by: \.reason).sorted { $0.key < $1.key }
        for (reason, files) in reasons.prefix(5) { text += "; kept \(files.count): \(reason)" }
        return text
    }
}
