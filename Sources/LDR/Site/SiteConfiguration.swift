import RLSCore
import RLSStoragePostgreSQL

/// What a site is, has and wants, as its configuration file says.
package struct SiteConfiguration: Sendable {
    /// The site's name in logs, events and stamps of changes.
    package var site = ""
    /// Of the daemons' own databases and logs.
    package var directory = ""
    /// The database of its metadata catalog; nil for a file in the directory.
    package var metadata: PostgreSQLSettings?
    /// The site's catalog, which holds where its copies are.
    package var lrc: ServerAddress?
    /// Index servers that know the catalogs of all sites; the first that answers is used.
    package var rlis: [ServerAddress] = []

    package var layout = "{lfn}"
    package var partitions: [PartitionConfiguration] = []

    /// Where the site's metadata log is written, for other sites to fetch.
    package var logDirectory = ""
    package var peers: [PeerConfiguration] = []
    package var subscriptions: [SubscriptionConfiguration] = []
    package var watches: [WatchConfiguration] = []
    /// Names of rules that take attributes from names, in the order in which they are tried.
    package var nameRules: [String] = []

    package var queue = QueueLimits()
    package var transfer = TransferLimits()
    package var verify = VerifyLimits()
    package var reap = ReapLimits()
    /// Seconds between passes of the daemons.
    package var interval = 10
    /// Where the site shows itself over HTTP; nil for nowhere.
    package var httpListen: WebAddress?
    /// Directories that sites share: `file:` URLs of others are taken from there, and from nowhere else on this machine.
    package var fileSources: [String] = []
    /// What makes files readable that are off-line.
    package var stage = StageLimits()
    package var stageCommands: [StageConfiguration] = []
    /// Command lines for URLs of other kinds, by scheme.
    package var commands: [String: String] = [:]

    package init() {}
}

package struct WebAddress: Sendable, Hashable {
    /// A name, or an address of IPv4 or IPv6.
    package var host = "127.0.0.1"
    /// 0 for any that is free.
    package var port: Int

    package init(host: String = "127.0.0.1", port: Int) {
        self.host = host
        self.port = port
    }

    /// As in URLs.
    package func authority(port: Int) -> String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}

/// A directory tree that holds copies.
package struct PartitionConfiguration: Sendable, Hashable {
    package var name: String
    /// Absolute.
    package var root: String
    /// What others fetch its files with, followed by `/` and the path below the root.
    package var url: String
    /// Bytes that stay free.
    package var reserve: Int64 = 0
    /// Nothing new is put there.
    package var isDraining = false
    /// Nothing is changed there at all.
    package var isReadOnly = false
    /// Read-only, and to read a file may take hours: no content is read.
    package var isTape = false
}

package struct PeerConfiguration: Sendable, Hashable {
    package var site: String
    /// Of the directory with the peer's log.
    package var url: String
}

package struct SubscriptionConfiguration: Sendable, Hashable {
    package var name: String
    package var expression: String
    /// 1 to 100: shares of the transfers are in proportion.
    package var priority = 50
    /// Seconds; 0 for ever.
    package var lifetime: Int64 = 0
    /// Bytes; 0 for no limit.
    package var maximumVolume: Int64 = 0
    /// Whether new files take the place of those that became known first when the volume is used up.
    package var isRolling = false
}

/// A directory whose files are published when they are complete.
package struct WatchConfiguration: Sendable, Hashable {
    package var directory: String
    package var collection = ""
    /// Seconds without a change, after which a file is complete.
    package var completeAfter = 30
}

package struct QueueLimits: Sendable {
    /// Files for which a source is chosen.
    package var length = 100_000
    /// Of them from one source.
    package var perSource = 20_000
    /// Failures in a row, after which a file is stuck and tried once a day.
    package var attempts = 8
}

package struct TransferLimits: Sendable {
    /// Sources at a time.
    package var sources = 8
    /// Files, and bytes, of one run of a transfer program.
    package var batchFiles = 5000
    package var batchBytes: Int64 = 20 << 30
    /// Files at a time from one source.
    package var concurrency = 4
    /// TCP streams of one file.
    package var streams = 1
    /// Bytes; 0 leaves it to the system.
    package var tcpBuffer: Int64 = 0
    /// Of all that is fetched, from all sources.
    package var bandwidth = BandwidthPlan()
    /// Seconds without progress.
    package var stallTime = 120
}

/// How files below a URL are made readable before they are fetched.
package struct StageConfiguration: Sendable, Hashable {
    /// With a slash at its end.
    package var prefix: String
    package var command: String
}

package struct StageLimits: Sendable {
    /// Files that are asked for, or are readable and on their way here.
    package var files = 100
    /// Seconds until a file is asked for again that was not yet readable.
    package var interval: Int64 = 60
    /// Seconds after which a file that is still not readable has failed.
    package var time: Int64 = 86_400
    /// Seconds that one run of the program may take.
    package var answer: Int64 = 120
}

package struct VerifyLimits: Sendable {
    /// Bytes a second that are read; 0 for no limit.
    package var rate: Int64 = 50 << 20
    /// Part of the files that may differ before nothing is done about it.
    package var refusal = 0.05
    /// Seconds between two looks at the content of the same file.
    package var age: Int64 = 90 * 86_400
    /// Seconds for which a file must have been unknown before it is put aside: it may be about to be published.
    package var darkAge: Int64 = 86_400
    /// Seconds between two passes.
    package var interval: Int64 = 21_600
}

package struct ReapLimits: Sendable {
    /// Part of the copies that may be removed in one pass.
    package var refusal = 0.2
    /// Whether copies that came for subscriptions which no longer want them are removed, too.
    package var removesUnwanted = false
    /// Seconds between two passes.
    package var interval: Int64 = 3_600
}
