import ArgumentParser
import Foundation
import RLSConfiguration

/// `rls-admin migrate`
struct MigrateCommand: AsyncParsableCommand {
    static let word = "migrate"

    static let configuration = CommandConfiguration(
        commandName: "rls-admin \(word)",
        abstract: "Copies a catalog into another database and compares the two.",
        usage: "rls-admin migrate [--merge] [--from-the-start] [--verify-only] [--partitions N] [--json] FROM TO",
        discussion: """
            FROM and TO are sqlite:PATH or postgresql://USER@HOST/DATABASE, as lrc_db_url has them. FROM may also be a \
            database of the original Globus RLS; it is told by its tables. FROM is only read. TO is made if it is not \
            there.

            No server may have a SQLite file of them open. Whoever changes a PostgreSQL database meanwhile makes the two \
            differ in the end.

            An interrupted copy goes on when the same command is given again. Copied are mappings, attributes with their \
            values, and the index servers that are updated.

            Exit status: 0 the same, 1 different, not all taken, or failed, 64 wrong usage.
            """)

    @Flag(name: .long, help: "TO may hold other things: add to them, and look FROM's up in it afterwards.")
    var merge = false
    @Flag(name: .customLong("from-the-start"), help: "Go through all of FROM, whatever TO holds of it.")
    var fromTheStart = false
    @Flag(name: .customLong("verify-only"), help: "Only compare.") var verifyOnly = false
    @Option(name: .long, help: "Of the mappings in a PostgreSQL database that is set up now.") var partitions = 4
    @Flag(name: .long, help: "Print JSON.") var json = false

    // Not two arguments: the parser would repeat a third, which may hold a password.
    @Argument(help: "FROM, then TO.") var urls: [String] = []

    func validate() throws {
        guard urls.count == 2 else { throw ValidationError("migrate takes FROM and TO") }
        for (name, url) in zip(["FROM", "TO"], urls) where DatabaseURL(url) == nil {
            throw ValidationError("\(name) is neither sqlite:PATH nor postgresql://…")
        }
        guard (1...1_024).contains(partitions) else { throw ValidationError("--partitions takes 1 to 1024") }
    }

    func run() async throws {
        defer { StandardOutput.flush() }
        // Files of the catalog are nobody else's business.
        umask(0o027)
        let output = Output(style: json ? .json : .text)
        let interruption = Interruption()
        let migration = Migration(
            from: urls[0], to: urls[1],
            options: .init(
                merges: merge, isFromTheStart: fromTheStart, onlyVerifies: verifyOnly, partitions: partitions),
            progress: MigrationProgress(), interruption: interruption.flag)
        do {
            let report = try await blocking { try migration.run() }
            report.print(to: output)
            if !report.isGood { throw ExitCode(1) }
        } catch let code as ExitCode {
            throw code
        } catch {
            output.error("\(error)")
            throw ExitCode(1)
        }
    }

    private func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }
}
