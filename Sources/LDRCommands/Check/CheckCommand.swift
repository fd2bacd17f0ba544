import ArgumentParser
import LDR

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Says what is wrong with the configuration, or is not there that it needs.",
        discussion: """
            Directories, programs, the catalog, indexes and the logs of peers are tried; nothing is changed. Exits with 1 \
            when something is not as it should be.
            """)

    @OptionGroup var options: SiteOptions
    @Flag(help: "Only read the configuration: try nothing.") var offline = false
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
        if offline { return }
        let findings = await SiteCheck(site).run()
        for finding in findings { print(finding) }
        if findings.contains(where: { $0.problem != nil }) { throw ExitCode.failure }
    }
}
