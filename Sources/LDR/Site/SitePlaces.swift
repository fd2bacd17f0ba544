import Foundation

/// Where a site's daemons keep their things.
package struct SitePlaces: Sendable {
    package let directory: String

    package init(_ site: SiteConfiguration) { directory = site.directory }

    /// Where the configuration names no database.
    package var metadata: String { directory + "/metadata.db" }
    package var work: String { directory + "/work.db" }
    package var events: String { directory + "/events.jsonl" }
    /// What is fetched on its way to somewhere else.
    package var scratch: String { directory + "/scratch" }
    /// Held by a daemon while it runs: two of a kind would do the same work.
    package func lock(_ daemon: String) -> String { directory + "/" + daemon + ".lock" }

    /// Makes what is missing.
    /// - Throws: what `FileManager` throws
    package func make() throws {
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    }
}
