import ArgumentParser
import LDR

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Reads the configuration, and says what is wrong with it.")

    @OptionGroup var options: SiteOptions
    @Flag(help: "Print a commented file with all keywords instead.") var keywords = false

    func run() async throws {
        if keywords {
            return print(SiteExample.text, terminator: "")
        }
        let site = try options.site()
        if !site.partitions.isEmpty { _ = try Assembly.area(site) }
        print(
            "site \(site.site): \(site.partitions.count) partitions, \(site.peers.count) peers, "
                + "\(site.subscriptions.count) subscriptions")
    }
}
