import ArgumentParser
import Foundation
import RLSConfiguration
import RLSCore

/// `rls-server`: the options of the original, each of them a keyword of the configuration file too.
package struct ServerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rls-server",
        abstract: "Serves a replica catalog.",
        discussion: """
            Without -c and without a file at the usual places it serves a catalog without authentication on loopback, \
            from a database in the user's data directory.

            Signals: TERM, INT and QUIT finish current requests and stop; HUP rereads what is reloadable.
            Exit status: 0 stopped as asked, 64 wrong usage, 69 cannot listen, 74 database, 78 configuration.
            """,
        version: "rls-server \(SoftwareVersion.current)")

    @Option(name: .customShort("c"), help: "Configuration file.")
    var file: String?

    @Flag(
        name: .customShort("d"), help: "Stay in the foreground, log to standard error. Without it the server detaches.")
    var foreground = false

    @Option(name: .customLong("log-file"), help: "Where a detached server logs; appended to.")
    var logFile: String?

    @Option(name: .customLong("set"), help: "Set any keyword: KEY=VALUE. Wins over the file; repeatable.")
    var settings: [String] = []

    @Flag(name: .customShort("N"), help: "authentication false")
    var withoutAuthentication = false
    @Flag(name: .customShort("l"), help: "lrc_server true")
    var isCatalog = false
    @Flag(name: .customShort("r"), help: "rli_server true")
    var isIndex = false
    @Flag(name: .customShort("I"), help: "update_immediate true")
    var isImmediate = false

    @Option(name: .customShort("U"), help: "myurl") var ownURL: String?
    @Option(name: .customShort("i"), help: "idletimeout") var idleTimeout: String?
    @Option(name: .customShort("M"), help: "maxconnections") var maximumConnections: String?
    @Option(name: .customShort("t"), help: "timeout") var timeout: String?
    @Option(name: .customShort("L"), help: "loglevel") var logLevel: String?
    @Option(name: .customShort("p"), help: "pidfile") var pidFile: String?
    @Option(name: .customShort("B"), help: "update_bf_int") var filterInterval: String?
    @Option(name: .customShort("u"), help: "update_ll_int") var listInterval: String?
    @Option(name: .customShort("o"), help: "update_buftime") var bufferTime: String?
    @Option(name: .customShort("F"), help: "update_factor") var updateFactor: String?
    @Option(name: .customShort("e"), help: "rli_expire_int") var expireInterval: String?
    @Option(name: .customShort("S"), help: "rli_expire_stale") var expireStale: String?
    @Option(name: .customShort("C"), help: "rlscertfile") var certificate: String?
    @Option(name: .customShort("K"), help: "rlskeyfile") var key: String?
    @Option(name: .customShort("s"), help: "startthreads (no effect)") var startThreads: String?
    @Option(name: .customShort("f"), help: "maxfreethreads (no effect)") var freeThreads: String?
    @Option(name: .customShort("m"), help: "maxthreads (no effect)") var threads: String?
    @Option(name: .customShort("b"), help: "maxbackoff (no effect)") var backoff: String?

    @Flag(name: .customLong("print-configuration"), help: "Print every keyword with its default and explanation.")
    var printsConfiguration = false

    package init() {}

    package func run() async throws {
        if printsConfiguration {
            print(ExampleConfiguration.text, terminator: "")
            return
        }
        if !foreground { return try Daemon.detach(logFile: logFile) }
        let source = ConfigurationSource(file: file, settings: try commandLineSettings())
        let status = await ServerProgram(source).run()
        throw ExitCode(status.rawValue)
    }

    private func commandLineSettings() throws -> [(key: String, value: String)] {
        var pairs: [(String, String)] = []
        if withoutAuthentication { pairs.append(("authentication", "false")) }
        if isCatalog { pairs.append(("lrc_server", "true")) }
        if isIndex { pairs.append(("rli_server", "true")) }
        if isImmediate { pairs.append(("update_immediate", "true")) }
        let values: [(String, String?)] = [
            ("myurl", ownURL), ("idletimeout", idleTimeout), ("maxconnections", maximumConnections),
            ("timeout", timeout),
            ("loglevel", logLevel), ("pidfile", pidFile), ("update_bf_int", filterInterval),
            ("update_ll_int", listInterval), ("update_buftime", bufferTime), ("update_factor", updateFactor),
            ("rli_expire_int", expireInterval), ("rli_expire_stale", expireStale), ("rlscertfile", certificate),
            ("rlskeyfile", key), ("startthreads", startThreads), ("maxfreethreads", freeThreads),
            ("maxthreads", threads), ("maxbackoff", backoff),
        ]
        pairs += values.compactMap { key, value in value.map { (key, $0) } }
        for setting in settings {
            guard let equals = setting.firstIndex(of: "=") else {
                throw ValidationError("--set takes KEY=VALUE, not `\(setting)`")
            }
            pairs.append((String(setting[..<equals]), String(setting[setting.index(after: equals)...])))
        }
        return pairs
    }
}
