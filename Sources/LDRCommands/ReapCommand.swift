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
            if let report = try await work.pass() { print(report) }
        } else {
            let turns = ReapTurns(interval: site.reap.interval)
            try await loop.run(every: Self.interval(site)) {
                if await turns.isDue() { return try await work.pass() }
                return try await work.makeRoom()
            }
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

/// Tells when the next whole pass is due.
private actor ReapTurns {
    private let interval: Int64
    private var last: ContinuousClock.Instant?

    /// - Parameter interval: seconds
    init(interval: Int64) { self.interval = interval }

    func isDue() -> Bool {
        if let last, .now - last < .seconds(interval) { return false }
        last = .now
        return true
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

    /// Between two passes, for new files that wait for older ones of their subscription to go.
    func makeRoom() async throws -> String? {
        guard try WorkStore(path: SitePlaces(site).work).needsRoom() else { return nil }
        return try await pass(isWhole: false)
    }

    /// - Parameter isWhole: also look for what nobody wants, and for what is in partitions that drain
    /// - Returns: what has been done, in words; nil for nothing
    func pass(isWhole: Bool = true) async throws -> String? {
        let places = SitePlaces(site)
        // What one of them takes out of the catalog, the other must not take for lost.
        let storage = acts ? try? DaemonLock(path: places.lock("storage"), daemon: "verify or reap") : nil
        if acts && storage == nil { return "`ldr verify` is at work: the next time" }
        defer { withExtendedLifetime(storage) {} }
        var report = Report()
        if ReapCommand.hasEnds(site) {
            var limits = site.reap
            limits.removesUnwanted = limits.removesUnwanted && isWhole
            let reaper = Reaper(
                area: area, catalog: catalog, finder: finder,
                metadata: try MetadataStore(of: site),
                work: try WorkStore(path: places.work), events: events, limits: limits)
            report.reap = try await reaper.pass(site.subscriptions, acts: acts, evenLast: evenLast)
        }
        let drainer = Drainer(
            area: area, catalog: catalog, metadata: try MetadataStore(of: site),
            events: events)
        if isWhole { report.drain = try await drainer.pass(acts: acts) }
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
