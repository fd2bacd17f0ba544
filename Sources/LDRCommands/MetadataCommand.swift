import ArgumentParser
import LDR
import Logging
import RLSCore

struct MetadataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metadata", abstract: "Writes this site's metadata log for others, and follows theirs.")

    @OptionGroup var options: DaemonOptions
    @Flag(
        help: """
            Begin the log anew, and no more: after database and log were both restored from a backup, so that others do \
            not take new changes for old ones.
            """)
    var newEpoch = false

    func run() async throws {
        let loop = try DaemonLoop("metadata", options)
        let (site, places, logger) = (loop.site, loop.places, loop.logger)
        if newEpoch {
            try MetadataStore(of: site).beginEpoch()
            return print("the log begins anew with the next pass")
        }
        let fetcher = LogFetcher(
            tools: try Assembly.tools(site), settings: Assembly.settings(site.transfer), scratch: places.scratch)
        try await loop.run {
            fetcher.removeLeftovers()
            let store = try MetadataStore(of: site)
            var reports: [String] = []
            if !site.logDirectory.isEmpty {
                let outcome = try LogExporter(store, directory: site.logDirectory).export()
                if outcome.exported > 0 { reports.append("\(outcome.exported) changes written to the log") }
            }
            for peer in site.peers {
                do {
                    let follower = LogFollower(store, peer: peer.site, fetch: fetcher.fetch(from: peer))
                    let outcome = try await follower.follow()
                    if outcome.applied > 0 { reports.append("\(outcome.applied) changes from \(peer.site)") }
                } catch let error as CancellationError {
                    throw error
                } catch {
                    // The others shall not wait for one that is down.
                    logger.error("peer not followed", metadata: ["peer": "\(peer.site)", "cause": "\(error)"])
                }
            }
            return reports.isEmpty ? nil : reports.joined(separator: ", ")
        }
    }
}
