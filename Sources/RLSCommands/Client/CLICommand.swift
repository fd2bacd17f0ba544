import ArgumentParser
import Foundation
import RLSClient
import RLSCore

/// `rls-cli`, by its other name `globus-rls-cli`.
package struct CLICommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rls-cli",
        abstract: "Reads and changes a replica catalog, asks an index of catalogs, finds replicas through it.",
        usage: "rls-cli [options] [command …] rls-server",
        discussion: """
            The server is rls://HOST[:PORT], with your proxy certificate, or rlsn://HOST[:PORT], without authentication; \
            ?channel=clear behind it speaks to servers before version 6. Without a command rls-cli reads commands: at a \
            terminal with a prompt, history and completion, else line by line from standard input; double quotes group \
            words with blanks.
            A word that begins with - goes behind --.

            COMMANDS:
            \(CommandTable.help)

            Exit status: 0 done, 1 refused or failed, 64 wrong usage.
            """,
        version: "rls-cli \(SoftwareVersion.current)")

    @Flag(name: .customShort("c"), help: "Removing an attribute definition removes its values too.")
    var clearsValues = false
    @Option(
        name: .customShort("i"),
        help: "Read (further) words of the command from a file, or whole commands if none is given.")
    var inputFile: String?
    @Option(name: .customShort("l"), help: "Results a request of wildcard queries and searches; 0: no limit.")
    var resultLimit = 0
    @Flag(name: .customShort("s"), help: "Wildcards are SQL's: % and _.")
    var sqlWildcards = false
    @Option(name: .customShort("t"), help: "Longest wait for the server in seconds; 0: none.")
    var timeout = 30
    @Flag(name: .customShort("u"), help: "Wildcards are Unix': * and ? (the default).")
    var unixWildcards = false
    @Flag(name: .customShort("v"), help: "Print the version.")
    var printsVersion = false
    @Flag(name: .long, help: "Print one JSON object a line.")
    var json = false

    @Option(
        name: .customLong("index"),
        help: "locate: URL of a further index server, asked when those before it do not answer; repeatable.")
    var furtherIndexes: [String] = []
    @Flag(name: .long, help: "import: stop at the first line that is wrong, before anything behind it is sent.")
    var strict = false
    @Option(
        name: .customLong("start-line"), help: "import: begin at this line, where an interrupted import said to go on.")
    var startLine = 1
    @Option(name: .customLong("format"), help: "import and export: tsv, csv or jsonl; otherwise by the file's ending.")
    var format: TransferFormat?

    @Argument(help: "Command and server.")
    var words: [String] = []

    package init() {}

    package func validate() throws {
        if resultLimit < 0 || timeout < 0 || startLine < 1 { throw ValidationError("numbers must not be negative") }
        if sqlWildcards && unixWildcards { throw ValidationError("-s and -u exclude each other") }
    }

    package func run() async throws {
        if printsVersion {
            print("rls-cli \(SoftwareVersion.current)")
            return
        }
        guard let url = words.last, url.contains("://") else {
            throw ValidationError("the last word must be the server's URL, rls://HOST[:PORT] or rlsn://HOST[:PORT]")
        }
        let output = Output(style: json ? .json : .text)
        defer { StandardOutput.flush() }
        let session: CLISession
        do { session = try makeSession(url, output) } catch {
            output.error("\(error)")
            throw ExitCode(1)
        }
        let runner = CommandRunner(session: session)
        let status = try await run(runner, words.dropLast().map(RawArguments.decode))
        await session.disconnect()
        StandardOutput.flush()
        if status != 0 { throw ExitCode(status) }
    }

    private func run(_ runner: CommandRunner, _ command: [ByteString]) async throws -> Int32 {
        guard let inputFile else {
            return command.isEmpty ? await runner.interact() : await runner.run(command)
        }
        let bytes: [UInt8]
        do { bytes = Array(try Data(contentsOf: URL(fileURLWithPath: inputFile))) } catch {
            throw ValidationError("\(inputFile): \(error.localizedDescription)")
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        if command.isEmpty { return await runner.runLines(lines.map { Array($0) }) }
        return await runner.run(command + lines.flatMap { CommandLineSplitter.words(Array($0)) ?? [] })
    }

    private func makeSession(_ url: String, _ output: Output) throws(CatalogError) -> CLISession {
        var settings = settings
        settings.furtherIndexes = try furtherIndexes.map { (text) throws(CatalogError) in try ServerAddress(text) }
        let address = try ServerAddress(RawArguments.decode(url).description)
        return CLISession(address: address, output: output, settings: settings)
    }

    private var settings: CLISession.Settings {
        CLISession.Settings(
            resultLimit: resultLimit, timeout: timeout, wildcards: sqlWildcards ? .sql : .unix,
            clearsValues: clearsValues,
            transfer: TransferOptions(isStrict: strict, startLine: startLine, format: format))
    }
}

extension TransferFormat: ExpressibleByArgument {}
