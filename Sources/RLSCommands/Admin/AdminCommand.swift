import ArgumentParser
import Foundation
import RLSClient
import RLSCore
import RLSWire

/// `rls-admin`, by its other name `globus-rls-admin`.
package struct AdminCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rls-admin",
        abstract: "Looks after a replica location server.",
        usage: "rls-admin -p|-q|-e|-S|-c OPTION|-C OPTION VALUE [-t SECONDS] rls-server",
        discussion: """
            The server is rls://HOST[:PORT], with your proxy certificate, or rlsn://HOST[:PORT], without authentication; \
            ?channel=clear behind it speaks to servers before version 6.
            Exit status: 0 done, 1 refused or failed, 64 wrong usage.
            """,
        version: "rls-admin \(SoftwareVersion.current)")

    @Flag(name: .customShort("p"), help: "Ping.") var ping = false
    @Flag(name: .customShort("q"), help: "Ask the server to stop.") var quit = false
    @Flag(name: .customShort("e"), help: "Clear the catalog: all mappings and attribute values. Asks first.")
    var clear = false
    @Flag(name: .customShort("S"), help: "Statistics.") var stats = false
    @Option(name: .customShort("c"), help: "Show an option of the server's configuration, or all.") var get: String?
    @Option(name: .customShort("C"), help: "Change an option of the running server; the value follows.") var set:
        String?
    @Option(name: .customShort("t"), help: "Longest wait for the server in seconds; 0: none.") var timeout = 30
    @Flag(name: .customShort("v"), help: "Print the version.") var printsVersion = false
    @Flag(name: .long, help: "-e: do not ask.") var yes = false
    @Flag(name: .long, help: "Print JSON.") var json = false

    @Argument(help: "For -C the value, then the server.") var words: [String] = []

    package init() {}

    package func validate() throws {
        if printsVersion { return }
        let actions = [ping, quit, clear, stats, get != nil, set != nil].filter { $0 }.count
        guard actions == 1 else { throw ValidationError("give one of -p -q -e -S -c -C") }
        guard words.count == (set == nil ? 1 : 2) else {
            throw ValidationError(set == nil ? "give the server's URL" : "-C takes OPTION VALUE and the server's URL")
        }
    }

    package func run() async throws {
        if printsVersion {
            print("rls-admin \(SoftwareVersion.current)")
            return
        }
        defer { StandardOutput.flush() }
        let output = Output(style: json ? .json : .text)
        do {
            let address = try ServerAddress(words[words.count - 1])
            let session = CLISession(address: address, output: output, settings: .init(timeout: timeout))
            if clear && !yes && !confirms("Remove all mappings of \(address)?") {
                output.error("nothing was removed")
                throw ExitCode(1)
            }
            let began = ContinuousClock.now
            let actions = AdminActions(client: try await session.client, output: output)
            try await perform(actions, address, since: began)
            await session.disconnect()
        } catch let code as ExitCode {
            throw code
        } catch {
            output.error("\(error)")
            throw ExitCode(1)
        }
    }

    private func perform(_ actions: AdminActions, _ address: ServerAddress, since began: ContinuousClock.Instant)
        async throws
    {
        if ping { try await actions.ping(address, since: began) }
        if quit { try await actions.quit() }
        if clear { try await actions.clear() }
        if stats { try await actions.stats() }
        if let get { try await actions.show(get) }
        if let set { try await actions.change(set, to: words[0]) }
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
