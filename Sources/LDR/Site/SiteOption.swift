import RLSCore

/// One keyword of a site's configuration file.
package struct SiteOption: Sendable {
    package let key: String
    /// What the value looks like.
    package let values: String
    package let help: String
    package var isRepeatable = false
    let set: @Sendable (inout SiteConfiguration, SiteValue) throws(SiteValueError) -> Void
}

extension SiteOption {
    private static func whole(
        _ key: String, _ path: any (WritableKeyPath<SiteConfiguration, Int> & Sendable), _ range: ClosedRange<Int>,
        _ help: String
    ) -> SiteOption {
        SiteOption(key: key, values: "\(range.lowerBound) to \(range.upperBound)", help: help) {
            (site, value) throws(SiteValueError) in
            site[keyPath: path] = try value.integer(range)
        }
    }

    private static func bytes(
        _ key: String, _ path: any (WritableKeyPath<SiteConfiguration, Int64> & Sendable), _ help: String
    ) -> SiteOption {
        SiteOption(key: key, values: "bytes, as 512M", help: help) { (site, value) throws(SiteValueError) in
            site[keyPath: path] = try value.bytes()
        }
    }

    /// At least one.
    private static func seconds(
        _ key: String, _ example: String, _ path: any (WritableKeyPath<SiteConfiguration, Int64> & Sendable),
        _ help: String
    ) -> SiteOption {
        SiteOption(key: key, values: "a time, as \(example)", help: help) { (site, value) throws(SiteValueError) in
            site[keyPath: path] = max(1, try value.seconds())
        }
    }

    package static let all: [SiteOption] =
        site + storage + publishing + wants + transfers + staging + verification + reaping

    private static let site: [SiteOption] = [
        SiteOption(
            key: "site", values: "a name of letters, digits, - and _", help: "the site's name, the same for ever"
        ) {
            (site, value) throws(SiteValueError) in
            site.site = try value.name()
        },
        SiteOption(key: "directory", values: "a path", help: "where the daemons keep their databases and logs") {
            (site, value) throws(SiteValueError) in
            site.directory = try value.path()
        },
        SiteOption(
            key: "metadata", values: "postgresql://[user[:password]@]host[:port][,…]/database",
            help: "a database for the metadata catalog; without it, a file in the directory"
        ) { (site, value) throws(SiteValueError) in
            site.metadata = try value.database()
        },
        SiteOption(key: "lrc", values: "rls://host[:port]", help: "the site's catalog") {
            (site, value) throws(SiteValueError) in
            site.lrc = try value.server()
        },
        SiteOption(
            key: "rli", values: "rls://host[:port]", help: "an index; the first that answers is asked",
            isRepeatable: true
        ) {
            (site, value) throws(SiteValueError) in
            site.rlis.append(try value.server())
        },
        whole("interval", \.interval, 1...86_400, "seconds between two passes of a daemon"),
        SiteOption(
            key: "http_listen", values: "[address:]port",
            help: "where `ldr serve` shows the site to anybody who asks; without an address, to this machine"
        ) { (site, value) throws(SiteValueError) in
            site.httpListen = try value.webAddress()
        },
    ]

    private static let storage: [SiteOption] = [
        SiteOption(
            key: "layout", values: "a template, as {frameType}/{gpsStart/100000}/{lfn}",
            help: "where in a partition a file goes"
        ) { (site, value) throws(SiteValueError) in
            site.layout = try value.layout()
        },
        SiteOption(
            key: "partition", values: "name path URL [reserve=10G] [draining] [read-only] [tape]",
            help:
                "a directory tree for copies, and the URL that others fetch them from; tape: read-only, contents are not read",
            isRepeatable: true
        ) { (site, value) throws(SiteValueError) in
            site.partitions.append(try value.partition())
        },
    ]

    private static let publishing: [SiteOption] = [
        SiteOption(
            key: "log_directory", values: "a path", help: "where the metadata log is written, for others to fetch"
        ) {
            (site, value) throws(SiteValueError) in
            site.logDirectory = try value.path()
        },
        SiteOption(
            key: "peer", values: "site URL", help: "another site, and the URL of its metadata log", isRepeatable: true
        ) {
            (site, value) throws(SiteValueError) in
            site.peers.append(try value.peer())
        },
        SiteOption(key: "name_rule", values: "a rule", help: "takes attributes from names", isRepeatable: true) {
            (site, value) throws(SiteValueError) in
            site.nameRules.append(try value.nameRule())
        },
        SiteOption(
            key: "watch", values: "path [collection=NAME] [complete_after=30s]",
            help: "a directory whose files are published when they are complete", isRepeatable: true
        ) { (site, value) throws(SiteValueError) in
            site.watches.append(try value.watch())
        },
    ]

    private static let wants: [SiteOption] = [
        SiteOption(
            key: "subscription", values: "name [priority=50] [lifetime=30d] [volume=1T [rolling]] : expression",
            help: "files that the site shall have; rolling: of more than the volume, those that became known last",
            isRepeatable: true
        ) { (site, value) throws(SiteValueError) in
            site.subscriptions.append(try value.subscription())
        },
        whole("queue_length", \.queue.length, 1...10_000_000, "files for which a source is chosen in advance"),
        whole("source_queue_length", \.queue.perSource, 1...10_000_000, "of them from one source"),
        whole("attempts", \.queue.attempts, 1...1_000, "failures of a file in a row after which it is stuck"),
    ]

    private static let transfers: [SiteOption] = [
        whole("transfer_sources", \.transfer.sources, 1...1_000, "sources that are fetched from at a time"),
        whole("transfer_files", \.transfer.batchFiles, 1...100_000, "files of one run of a transfer program"),
        bytes("transfer_bytes", \.transfer.batchBytes, "bytes of one run of a transfer program"),
        whole("transfer_concurrency", \.transfer.concurrency, 1...100, "files at a time from one source"),
        whole("streams", \.transfer.streams, 1...64, "TCP streams of one file"),
        bytes("tcp_buffer", \.transfer.tcpBuffer, "of each TCP stream; 0: as the system has it"),
        SiteOption(
            key: "bandwidth",
            values: "100M, none or off, and perhaps when: mon-fri 08:00-18:00, or sat,sun, or 22:00-04:00",
            help: "bytes a second that come in, from all sources; of lines that hold at a time, the last counts",
            isRepeatable: true
        ) { (site, value) throws(SiteValueError) in
            site.transfer.bandwidth.rules.append(try value.bandwidth())
        },
        SiteOption(
            key: "file_source", values: "a path",
            help: "a directory that sites share: file: URLs of others are taken from there, and from nowhere else",
            isRepeatable: true
        ) { (site, value) throws(SiteValueError) in
            site.fileSources.append(try value.path())
        },
        whole(
            "stall_time", \.transfer.stallTime, 1...86_400, "seconds without progress after which a transfer is ended"),
        SiteOption(
            key: "transfer_command",
            values: "scheme program word…, with %u the URL, %d the same not percent-encoded, %p the path, %s the size",
            help: "fetches URLs of another kind", isRepeatable: true
        ) { (site, value) throws(SiteValueError) in
            let (scheme, command) = try value.command()
            site.commands[scheme] = command
        },
    ]

    private static let staging: [SiteOption] = [
        SiteOption(
            key: "stage_command", values: "URL program word…, with %u the URL of a file below that one, %s the size",
            help: "makes a file readable before it is fetched; it exits with 0: readable, 75: not yet, ask again",
            isRepeatable: true
        ) { (site, value) throws(SiteValueError) in
            site.stageCommands.append(try value.stageCommand())
        },
        whole("stage_files", \.stage.files, 1...100_000, "files that are being made readable, or are and on their way"),
        seconds("stage_interval", "1m", \.stage.interval, "until a file that was not yet readable is asked for again"),
        seconds("stage_time", "1d", \.stage.time, "after which a file that is still not readable has failed"),
        seconds("stage_answer", "2m", \.stage.answer, "that one run of a stage command may take"),
    ]

    private static let verification: [SiteOption] = [
        bytes("verify_rate", \.verify.rate, "bytes a second that are read to verify copies; 0: no limit"),
        SiteOption(
            key: "verify_refusal", values: "a percentage",
            help: "part of the copies that may be found lost, corrupt or dark before nothing is done about them"
        ) {
            (site, value) throws(SiteValueError) in
            site.verify.refusal = Double(try value.integer(0...100)) / 100
        },
        SiteOption(key: "verify_age", values: "a time, as 90d", help: "when the content of a copy is read again") {
            (site, value) throws(SiteValueError) in
            site.verify.age = try value.seconds()
        },
        SiteOption(key: "verify_interval", values: "a time, as 6h", help: "between two passes of `ldr verify`") {
            (site, value) throws(SiteValueError) in
            site.verify.interval = max(1, try value.seconds())
        },
        SiteOption(
            key: "verify_dark_age", values: "a time, as 1d",
            help: "how long nobody must have known a file before it is put aside"
        ) {
            (site, value) throws(SiteValueError) in
            site.verify.darkAge = try value.seconds()
        },
    ]

    private static let reaping: [SiteOption] = [
        SiteOption(
            key: "reap_refusal", values: "a percentage",
            help: "part of the copies that may be removed in one `reap_interval`"
        ) {
            (site, value) throws(SiteValueError) in
            site.reap.refusal = Double(try value.integer(0...100)) / 100
        },
        SiteOption(
            key: "reap_unwanted", values: "true or false",
            help: "whether copies that came for subscriptions which no longer want them are removed"
        ) {
            (site, value) throws(SiteValueError) in
            site.reap.removesUnwanted = try value.boolean()
        },
        SiteOption(key: "reap_interval", values: "a time, as 1h", help: "between two passes of `ldr reap`") {
            (site, value) throws(SiteValueError) in
            site.reap.interval = max(1, try value.seconds())
        },
    ]
}
