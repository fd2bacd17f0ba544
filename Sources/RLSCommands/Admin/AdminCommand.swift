import ArgumentParser
import Foundation
import RLSClient
import RLSCore

/// `rls-admin`, by its other name `globus-rls-admin`.
package struct AdminCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rls-admin",
        abstract: "Looks after a replica location server.",
        usage: """
            rls-admin -p|-q|-e|-S|-u [-t SECONDS] rls-server
            rls-admin -c OPTION|-C OPTION VALUE rls-server
            rls-admin -a RLI [PATTERN] rls-server
            rls-admin -A RLI [PATTERN…] rls-server
            rls-admin -d RLI [PATTERN] rls-server
            rls-admin -s [RLI [PATTERN]] rls-server
            rls-admin status rls-server
            rls-admin migrate [OPTION…] FROM TO
            """,
        discussion: """
            The server is rls://HOST[:PORT], with your proxy certificate, or rlsn://HOST[:PORT], without authentication; \
            ?channel=clear behind it speaks to servers before version 6.

            -a, -A, -d and -s are about the index servers (RLI) that a catalog updates, or, on a server that is nothing but \
            an index, about those that it updates; --rli means the latter on a server that is both. PATTERN is a glob of \
            the logical names that the RLI is told of, in quotes; without one it is told of all.

            migrate copies a catalog into another database, also one of the original: rls-admin migrate --help

            Exit status: 0 done, 1 refused or failed, 64 wrong usage.
            """,
        version: "rls-admin \(SoftwareVersion.current)")

    @Flag(name: .customShort("p"), help: "Ping.") var ping = false
    @Flag(name: .customShort("q"), help: "Ask the server to stop.") var quit = false
    @Flag(name: .customShort("e"), help: "Clear the catalog: all mappings and attribute values. Asks first.")
    var clear = false
    @Flag(name: .customShort("S"), help: "Statistics.") var stats = false
    @Flag(name: .customShort("u"), help: "Send full soft-state updates now.") var update = false
    @Flag(name: .customShort("a"), help: "Update RLI with lists of logical names.") var addList = false
    @Flag(name: .customShort("A"), help: "Update RLI with Bloom filters.") var addFilter = false
    @Flag(name: .customShort("d"), help: "Update RLI no longer, or not with names of this pattern.") var remove = false
    @Flag(name: .customShort("s"), help: "Show the RLIs that are updated, and with which names.") var list = false
    @Flag(
        name: .customLong("status"),
        help: "How each soft-state relation fares, updates sent and received; the word status does the same.")
    var status = false
    @Option(name: .customShort("c"), help: "Show an option of the server's configuration, or all.") var get: String?
    @Option(name: .customShort("C"), help: "Change an option of the running server; the value follows.") var set:
        String?
    @Option(name: .customShort("t"), help: "Longest wait for the server in seconds; 0: none.") var timeout = 30
    @Flag(name: .customShort("v"), help: "Print the version.") var printsVersion = false
    @Flag(name: .customLong("rli"), help: "-a -A -d -s: the updates that the server sends as an index.")
    var asIndex = false
    @Flag(name: .long, help: "-e: do not ask.") var yes = false
    @Flag(name: .long, help: "Print JSON.") var json = false

    @Argument(help: "What the option takes, then the server.") var words: [String] = []

    package init() {}

    package func validate() throws {
        if printsVersion { return }
        if timeout < 0 { throw ValidationError("-t takes seconds, or 0 for no time-out") }
        _ = try request()
    }

    package func run() async throws {
        if printsVersion {
            print("rls-admin \(SoftwareVersion.current)")
            return
        }
        defer { StandardOutput.flush() }
        let (request, server) = try request()
        let output = Output(style: json ? .json : .text)
        do {
            let address = try ServerAddress(server)
            if case .clear = request, !yes, !confirms("Remove all mappings of \(address)?") {
                output.error("nothing was removed")
                throw ExitCode(1)
            }
            let session = CLISession(address: address, output: output, settings: .init(timeout: timeout))
            try await AdminActions(session: session, asIndex: asIndex).perform(request)
            await session.disconnect()
        } catch let code as ExitCode {
            throw code
        } catch {
            output.error("\(error)")
            throw ExitCode(1)
        }
    }

    private func confirms(_ question: String) -> Bool {
        guard isatty(0) == 1 else {
            FileHandle.standardError.write(Data("\(question) There is no terminal to ask at: use --yes.\n".utf8))
            return false
        }
        StandardOutput.write(Array((question + " Type yes: ").utf8))
        StandardOutput.flush()
        return readLine() == "yes"
    }
}
