import ArgumentParser
import Foundation
import LDR

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows how far each subscription is, and how sources and peers do.")

    @OptionGroup var options: SiteOptions
    @Flag(help: "One JSON object.") var json = false
    @Flag(name: [.short, .long], help: "Again every two seconds, until interrupted.") var watch = false

    func run() async throws {
        let site = try options.site()
        let places = SitePlaces(site)
        let work = try WorkStore(path: places.work)
        let metadata = try MetadataStore(of: site)
        repeat {
            let status = try SiteStatus(
                site.site, work: work, metadata: metadata, bandwidth: site.transfer.bandwidth, at: WorkStore.now)
            if json {
                print(JSONText.line(status))
            } else {
                // Clears the terminal first.
                print((watch ? "\u{1b}[H\u{1b}[2J" : "") + StatusText.lines(status).joined(separator: "\n"))
            }
            if watch { try await Task.sleep(for: .seconds(2)) }
        } while watch && !Task.isCancelled
    }
}

enum StatusText {
    static func lines(_ status: SiteStatus) -> [String] {
        var lines = ["site \(status.site): \(status.files) files known"]
        if let bandwidth = status.bandwidth { lines.append(Self.bandwidth(bandwidth)) }
        if !status.subscriptions.isEmpty { lines += [""] + Table.lines(subscriptions(status)) }
        if !status.sources.isEmpty { lines += [""] + Table.lines(sources(status)) }
        if !status.peers.isEmpty { lines += [""] + Table.lines(peers(status)) }
        return lines
    }

    static func bandwidth(_ status: SiteStatus.BandwidthStatus) -> String {
        let until = status.until.map { " until \(Times.text($0))" } ?? ""
        return switch status.bytesPerSecond {
        case 0: "transfers are off\(until)"
        case let rate?: "bandwidth: at most \(Sizes.text(rate))/s\(until)"
        case nil: "bandwidth: no limit\(until)"
        }
    }

    static func subscriptions(_ status: SiteStatus) -> [[String]] {
        [
            [
                "subscription", "priority", "wanted", "present", "staging", "queued", "active", "missing", "stuck",
                "held",
                "expired", "lag",
                "done in",
            ]
        ]
            + status.subscriptions.map { item in
                [item.name, "\(item.priority)", "\(item.wanted) (\(Sizes.text(item.wantedBytes)))", "\(item.present)"]
                    + [item.staging, item.queued, item.active, item.missing, item.stuck, item.held, item.expired].map {
                        "\($0)"
                    }
                    + [
                        item.lagSeconds.map { Times.span($0) } ?? "-",
                        item.remainingSeconds.map { Times.span($0) } ?? "-",
                    ]
            }
    }

    static func sources(_ status: SiteStatus) -> [[String]] {
        [["source", "rate", "files", "failed", "queued", "error"]]
            + status.sources.map {
                [
                    $0.name, $0.bytesPerSecond > 0 ? Sizes.text(Int64($0.bytesPerSecond)) + "/s" : "-",
                    "\($0.succeeded)",
                    "\($0.failed)", "\($0.queued)", $0.error ?? "-",
                ]
            }
    }

    static func peers(_ status: SiteStatus) -> [[String]] {
        [["peer", "position", "looked at", "changed", "error"]]
            + status.peers.map {
                [
                    $0.site, "\($0.position)", $0.checked.map { Times.text($0) } ?? "never",
                    $0.changed.map { Times.text($0) } ?? "never", $0.error ?? "-",
                ]
            }
    }
}
