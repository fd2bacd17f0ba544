import ArgumentParser
import LDR
import RLSCore

struct WithdrawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract:
            "Takes files out of the metadata of all sites: nobody wants them any longer. Copies stay where they are.")

    @OptionGroup var options: SiteOptions
    @Argument(help: "Logical names.") var lfns: [String]

    func run() async throws {
        let site = try options.site()
        let places = SitePlaces(site)
        let names = lfns.map { ByteString($0) }
        let store = try MetadataStore(of: site)
        let known = try store.records(of: names)
        let count = try store.delete(names)
        EventLog(path: places.events, site: site.site).write(known.keys.sorted().map { Event(.deleted, $0) })
        print("\(count) files withdrawn, \(names.count - count) were not known")
    }
}
