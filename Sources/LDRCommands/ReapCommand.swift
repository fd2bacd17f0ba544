import ArgumentParser
import LDR
import Logging

struct ReapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reap",
        abstract: "Removes copies whose subscriptions let go of them: after their lifetime, or beyond their volume.",
        discussion: """
            Files that this site published stay, and so does the last copy of a file. What has gone is not fetched again, but \
            by `ldr retry` with its name.
            """)

    @OptionGroup var options: DaemonOptions
    @Flag(help: "Tell, and change nothing.") var dryRun = false
    @Flag(help: "Remove copies of which no other is known, too.") var evenLast = false
    @Flag(help: "The report as one JSON object.") var json = false

    func run() async throws {
        let loop = try DaemonLoop("reap", options)
        let (site, places, events, logger) = (loop.site, loop.places, loop.events, loop.logger)
        let area = try Assembly.area(site)
        let catalog = try Assembly.catalog(site)
        if site.rlis.isEmpty && !evenLast {
            throw ValidationError("the configuration names no `rli` to ask for other copies; or give --even-last")
        }
        let finder = IndexedReplicaFinder(indexes: site.rlis)
        let (acts, evenLast, json) = (!dryRun, evenLast, json)
        let pass: @Sendable () async throws -> String? = {
            let reaper = Reaper(
                area: area, catalog: catalog, finder: finder,
                metadata: try MetadataStore(path: places.metadata, site: site.site),
                work: try WorkStore(path: places.work), events: events, limits: site.reap)
            let report = try await reaper.pass(site.subscriptions, acts: acts, evenLast: evenLast)
            for refusal in report.refusals { logger.warning("\(refusal)") }
            if json { print(JSONText.line(report)) }
            if json || report.due == 0 && report.revived == 0 { return nil }
            return Self.words(report, acts)
        }
        // To look, no daemon needs to be stopped.
        if dryRun {
            if let report = try await pass() { print(report) }
        } else {
            try await loop.run(every: Int(site.reap.interval), pass)
        }
        await finder.close()
        await catalog.close()
    }

    private static func words(_ report: ReapReport, _ acts: Bool) -> String {
        var text = "due \(report.due), \(acts ? "removed" : "would remove") \(report.reaped.count) "
        text += "(\(Sizes.text(report.reapedBytes))), kept \(report.kept.count), wanted again \(report.revived)"
        let reasons = Dictionary(grouping: report.kept, by: \.reason).sorted { $0.key < $1.key }
        for (reason, files) in reasons.prefix(5) { text += "; kept \(files.count): \(reason)" }
        return text
    }

    /// Whether there is anything to remove at the site, ever.
    static func isNeeded(_ site: SiteConfiguration) -> Bool {
        let ends = site.subscriptions.contains { $0.lifetime > 0 || $0.maximumVolume > 0 }
        return !site.partitions.isEmpty && site.lrc != nil && !site.rlis.isEmpty && (ends || site.reap.removesUnwanted)
    }
}
