import ArgumentParser
import Foundation
import LDR
import Logging

/// Which site a command is about.
struct SiteOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: "The site's configuration file; without it $LDR_CONFIG, or /etc/ldr.conf.")
    var config: String?

    @Flag(name: [.short, .long], help: "Log more.")
    var verbose = false

    func site() throws -> SiteConfiguration {
        let path = config ?? ProcessInfo.processInfo.environment["LDR_CONFIG"] ?? "/etc/ldr.conf"
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ValidationError("\(path) cannot be read: give the site's configuration with -c FILE")
        }
        let site = try SiteFile.parse(String(decoding: bytes, as: UTF8.self), named: path)
        try SitePlaces(site).make()
        return site
    }

    func logger(_ daemon: String) -> Logger {
        var logger = Logger(label: "ldr-\(daemon)") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = verbose ? .debug : .info
        return logger
    }
}

/// A part of a site's work that goes on for ever.
struct DaemonOptions: ParsableArguments {
    @OptionGroup var site: SiteOptions

    @Flag(help: "One pass, and no more.")
    var once = false
}
