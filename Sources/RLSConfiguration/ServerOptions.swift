import RLSSecurity

/// The table of keywords: the original's, and those that came since.
package enum ServerOptions {
    package static let all: [ServerOption] = roles + network + limits + security + running + softState + obsolete

    private static let byKey: [String: ServerOption] = {
        var table: [String: ServerOption] = [:]
        for option in all { for key in [option.key] + option.aliases { table[key] = option } }
        return table
    }()

    package static func option(_ key: String) -> ServerOption? { byKey[key] }

    private static let roles: [ServerOption] = [
        .flag("lrc_server", \.isCatalog, .roles, "serve a local replica catalog (LRC)"),
        .flag("rli_server", \.isIndex, .roles, "serve a replica location index (RLI)"),
        .database(
            "lrc_db_url", \.catalogDatabase, "sqlite:PATH or postgresql://[USER[:PASSWORD]@]HOST[:PORT][,…]/DATABASE",
            "where the catalog is kept; the file, or the tables, are created. Several servers may share a PostgreSQL database"
        ),
        .database(
            "rli_db_url", \.indexDatabase, "sqlite:PATH or postgresql://…",
            "where the index keeps name lists; none: it takes Bloom filters only"),
        .database(
            "read_db_url", \.readDatabase, "postgresql://…",
            "standbys of lrc_db_url's PostgreSQL for reads that may be a little old; none: the primary is read"),
        .number(
            "read_db_staleness", \.readStaleness, .roles, 7...86_400, unit: "seconds",
            "how old these reads may be; a client that has written since reads from the primary"),
        .number(
            "db_timeout", \.databaseTimeout, .roles, 1...3_600, unit: "seconds",
            "what a request waits for a PostgreSQL server that is down or slow before it is refused"),
        .number(
            "db_partitions", \.databasePartitions, .roles, 1...1_024,
            "parts of a PostgreSQL database that is set up now; it keeps them for ever"),
        .flag(
            "db_pooler", \.isDatabasePooled, .roles,
            "a pooler in transaction mode, as pgbouncer, lies before PostgreSQL: keep nothing in the session"),
    ]

    private static let network: [ServerOption] = [
        .text(
            "listen_address", \.listenAddress, .network, "an address of this machine",
            "where to listen; none: all addresses, or loopback when authentication is off"),
        .number("port", \.port, .network, 0...65_535, "TCP port; 0 lets the system choose one"),
        .text("myurl", \.ownURL, .network, "rls://HOST:PORT", "the server's name in soft-state updates"),
        .flag(
            "insecure_listen_anywhere", \.isInsecureListenAnywhereAllowed, .network,
            "allow `authentication false` on other addresses than loopback: everyone who reaches the port is let in"),
        .number(
            "maxconnections", \.maximumConnections, .network, 1...1_000_000, reloadable: true,
            "connections at a time; further ones are told so and closed"),
        .number(
            "maxconnections_per_address", \.maximumConnectionsPerAddress, .network, 0...1_000_000, reloadable: true,
            "the same for one client address; 0: no limit of its own"),
        .number(
            "idletimeout", \.idleTimeout, .network, 1...864_000, unit: "seconds", reloadable: true,
            "a connection without requests for so long is closed"),
        .number(
            "request_timeout", \.requestTimeout, .network, 1...86_400, unit: "seconds", reloadable: true,
            "a request that has begun must be complete within this time"),
        .number(
            "write_timeout", \.writeTimeout, .network, 1...86_400, unit: "seconds", reloadable: true,
            "a client that has left much of its reply unread for so long is cut off"),
        .number(
            "timeout", \.peerTimeout, .network, 0...86_400, unit: "seconds", reloadable: true,
            "calls to other servers; 0: none"),
    ]

    private static let limits: [ServerOption] = [
        .number(
            "result_limit", \.resultLimit, .limits, 0...1_000_000_000, reloadable: true,
            "most results of one query, and the page when a client asks for all; 0: no limit"),
        .number(
            "max_field_length", \.maximumFieldLength, .limits, 4_096...1_048_576, unit: "bytes", reloadable: true,
            "one string of a request; names may have 4096"),
        .number(
            "max_bulk_items", \.maximumBulkItems, .limits, 1...10_000_000, reloadable: true, "items of one bulk request"
        ),
        .number(
            "max_request_bytes", \.maximumRequestBytes, .limits, 65_536...1_073_741_824, unit: "bytes",
            reloadable: true,
            "one request, all its strings"),
        .number("event_loops", \.eventLoops, .limits, 0...256, "threads that serve connections; 0: one a processor"),
        .number("reader_threads", \.readerThreads, .limits, 1...64, "threads for wildcards, bulk queries and lists"),
    ]

    private static let security: [ServerOption] = [
        .flag(
            "authentication", \.isAuthenticated, .security,
            "require GSI (rls://); false: rlsn://, everyone is `anonymous`"),
        .rules(
            "acl", \.accessRules, .security, "USER-PATTERN: RIGHT… [names=NAME-PATTERN]",
            parse: { (text) throws(ServerOption.ValueError) in
                do { return try AccessRule(text) } catch { throw ServerOption.ValueError("\(error)") }
            },
            "rights of the users whose DN or local user the regular expression matches; the first line that matches decides. "
                + "voms:PATTERN in its place: users with a VOMS attribute that the expression matches as a whole. "
                + "names= with * and ?: the line counts for these logical names only. "
                + "Rights: lrc_read lrc_update rli_read rli_update admin stats all"),
        .gridMap(
            "gridmap", \.gridMap, .security,
            "file of local users, for access lines; none: $GRIDMAP or /etc/grid-security/grid-mapfile if it is there"),
        .text(
            "rlscertfile", \.certificateFile, .security, "PATH",
            "the server's certificate; none: $X509_USER_CERT or /etc/grid-security/hostcert.pem"),
        .text("rlskeyfile", \.keyFile, .security, "PATH", "the private key that belongs to rlscertfile"),
        .text(
            "x509_cert_dir", \.certificateDirectory, .security, "PATH",
            "authorities that are trusted, with signing policies and revocation lists; none: $X509_CERT_DIR or "
                + "/etc/grid-security/certificates"),
        .text(
            "x509_voms_dir", \.attributeDirectory, .security, "PATH",
            "VOMS servers that are trusted; none: $X509_VOMS_DIR or /etc/grid-security/vomsdir"),
        .flag(
            "allow_clear_channel", \.isClearChannelAllowed, .security, reloadable: true,
            "admit clients of RLS 1.1 to 5.0, whose requests and replies are clear text after authentication: "
                + "whoever is on the path can read them, and send others in any client's name; "
                + "nobody has admin on such a connection"),
        .flag(
            "allow_limited_proxy", \.areLimitedProxiesAllowed, .security, reloadable: true,
            "admit clients with a limited proxy, which jobs have"),
        .number(
            "handshake_timeout", \.handshakeTimeout, .security, 1...3_600, unit: "seconds", reloadable: true,
            "a client that is not authenticated within this time is cut off"),
        .number(
            "max_handshakes", \.maximumHandshakes, .security, 1...100_000, reloadable: true,
            "handshakes at a time; further connections are closed"),
        .number("handshake_threads", \.handshakeThreads, .security, 1...64, "threads for the computing of handshakes"),
    ]

    private static let running: [ServerOption] = [
        .text("pidfile", \.pidFile, .running, "PATH", "file to write the process number to; none: no file"),
        .choice(
            "loglevel", \.logLevel, .running, reloadable: true, numbers: [.info, .debug, .trace],
            "least severity to log; the original's numbers 0, 1, 2… mean info, debug, trace"),
        .flag(
            "log_updates", \.areUpdatesLogged, .running, reloadable: true,
            "log each change of the catalog, with who made it"),
        .choice(
            "stats_format", \.statsFormat, .running, reloadable: true,
            "strings of the stats reply: 1.1 leaves out rli_numsender, which old C clients do not expect"),
    ]

    private static let softState: [ServerOption] = [
        .number(
            "lrc_bloomfilter_numhash", \.filterHashes, .softState, 1...8, reloadable: true,
            "hash functions of the original's Bloom filter, for index servers that know no better"),
        .number(
            "lrc_bloomfilter_ratio", \.filterBitsPerName, .softState, 1...100, reloadable: true,
            "bits of that filter for each name"),
        .number(
            "lrc_filter_error", \.falsePositiveOneIn, .softState, 2...1_000_000, reloadable: true,
            "our own filter takes one absent name in so many for present; 100 costs ten bits a name"),
        .number(
            "update_bf_int", aliases: ["lrc_update_bf"], \.filterInterval, .softState, 1...31_536_000, unit: "seconds",
            reloadable: true, "between full Bloom filter updates"),
        .number(
            "update_ll_int", aliases: ["lrc_update_ll"], \.listInterval, .softState, 1...31_536_000, unit: "seconds",
            reloadable: true, "between full name lists"),
        .number(
            "update_buftime", aliases: ["lrc_buffer_time"], \.bufferTime, .softState, 0...86_400, unit: "seconds",
            reloadable: true, "within this time an index server has an immediate change"),
        .number(
            "update_buftime_ms", \.bufferMilliseconds, .softState, 0...86_400_000, unit: "milliseconds",
            reloadable: true, "the same, where seconds are too long; 0: update_buftime counts"),
        .number(
            "update_buffer_changes", \.bufferedChanges, .softState, 1...100_000, reloadable: true,
            "immediate changes are sent at once when so many have gathered"),
        .flag(
            "update_immediate", aliases: ["lrc_update_immediate"], \.isImmediate, .softState, reloadable: true,
            "send changes at once, not only with the next full update"),
        .number(
            "update_factor", aliases: ["lrc_update_factor"], \.updateFactor, .softState, 1...1_000, reloadable: true,
            "full updates are so many times rarer while immediate ones succeed"),
        .number(
            "lrc_update_retry", \.updateRetry, .softState, 1...86_400, unit: "seconds", reloadable: true,
            "until a failed update is tried again"),
        .flag(
            "rli_bloomfilter", \.takesFiltersOnly, .softState, "take Bloom filters only: no name lists, no wildcards"),
        .text(
            "rli_bloomfilter_dir", \.filterDirectory, .softState, "PATH",
            "where received filters are kept over a restart; none: beside rli_db_url"),
        .number(
            "rli_expire_int", \.expireInterval, .softState, 1...31_536_000, unit: "seconds", reloadable: true,
            "between removals of stale entries"),
        .number(
            "rli_expire_stale", \.expireStale, .softState, 1...31_536_000, unit: "seconds", reloadable: true,
            "age at which an entry of a sender with unknown interval is stale"),
        .number(
            "rli_max_senders", \.maximumSenders, .softState, 1...1_000_000, reloadable: true,
            "catalogs that may update this index"),
        .number(
            "max_update_bytes", \.maximumUpdateBytes, .softState, 65_536...4_294_967_295, unit: "bytes",
            reloadable: true, "one Bloom filter, from a client with rli_update"),
    ]

    private static let obsolete: [ServerOption] = [
        .obsolete("db_user", use: "name the database in lrc_db_url"),
        .obsolete("db_pwd", secret: true, use: "name the database in lrc_db_url"),
        .obsolete("odbcini", use: "name the database in lrc_db_url"),
        .obsolete("lrc_dbname", use: "name the database in lrc_db_url"),
        .obsolete("rli_dbname", use: "name the database in rli_db_url"),
        .obsolete("startthreads", use: "event_loops and reader_threads set the threads"),
        .obsolete("maxfreethreads", use: "event_loops and reader_threads set the threads"),
        .obsolete("maxthreads", use: "event_loops and reader_threads set the threads"),
        .obsolete("maxbackoff", use: "a failed listen ends the server, its supervisor starts it again"),
        .obsolete("logtype", use: "the log goes to standard error"),
        .obsolete("pidfiledir", use: "give the whole path with pidfile"),
    ]
}
