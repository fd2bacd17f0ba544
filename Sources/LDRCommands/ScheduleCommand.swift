import ArgumentParser
import LDR

struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Chooses which files are fetched next, and from where.")

    @OptionGroup var options: DaemonOptions

    func run() async throws {
        let loop = try DaemonLoop("schedule", options)
        let (places, site, logger) = (loop.places, loop.site, loop.logger)
        guard !site.rlis.isEmpty else { throw ValidationError("the configuration names no `rli` to ask for copies") }
        let area = try Assembly.area(site)
        let stage = try Assembly.stage(site)
        let finder = IndexedReplicaFinder(indexes: site.rlis)
        try await loop.run {
            let scheduler = Scheduler(
                work: try WorkStore(path: places.work), finder: finder, limits: site.queue, logger: logger,
                stage: stage,
                isOwn: { area.locate(pfn: $0) != nil || !FileSources(site.fileSources).allow($0) })
            let outcome = try await scheduler.pass()
            if outcome == Scheduler.Outcome() { return nil }
            let staging = outcome.staging > 0 ? "to be staged \(outcome.staging), " : ""
            return "queued \(outcome.queued), \(staging)without a source \(outcome.withoutSource), "
                + "held back \(outcome.held)"
        }
        await finder.close()
    }
}
