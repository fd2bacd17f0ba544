import ArgumentParser
import LDR

struct WantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "want", abstract: "Keeps the list of wanted files in step with subscriptions and metadata.")

    @OptionGroup var options: DaemonOptions

    func run() async throws {
        let loop = try DaemonLoop("want", options)
        let (places, site, events) = (loop.places, loop.site, loop.events)
        let catalog = try Assembly.catalog(site)
        let area = try Assembly.area(site)
        try await loop.run {
            let keeper = WantKeeper(
                work: try WorkStore(path: places.work),
                metadata: try MetadataStore(of: site), catalog: catalog, events: events,
                place: { area.place(pfn: $0) })
            let outcome = try await keeper.keep(site.subscriptions)
            if outcome == WantKeeper.Outcome() { return nil }
            return "changes \(outcome.changes), newly wanted \(outcome.new), here already \(outcome.present), "
                + "no longer wanted \(outcome.withdrawn)"
        }
    }
}
