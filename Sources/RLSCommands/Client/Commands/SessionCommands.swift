import RLSCore

/// Settings and help, of use in the interactive mode.
enum SessionCommands {
    static let rows: [CLICommandRow] = [
        CLICommandRow(
            "set reslimit", "N", .exactly(1), "results a request of wildcard queries and searches; 0: no limit"
        ) {
            session, words in session.settings.resultLimit = try number(words[0])
        },
        CLICommandRow("set timeout", "SECONDS", .exactly(1), "longest wait for the server; 0: none") { session, words in
            session.settings.timeout = try number(words[0])
        },
        CLICommandRow("help", "", .exactly(0), "this list") { session, _ in
            session.output.write(ByteString(CommandTable.help))
        },
        CLICommandRow("version", "", .exactly(0), "the version of this program") { session, _ in
            session.output.write(ByteString("rls-cli \(SoftwareVersion.current)"))
        },
    ]

    private static func number(_ word: ByteString) throws -> Int {
        guard let number = Int(word.description), number >= 0 else {
            throw UsageError(description: "a number is needed, not `\(word)`")
        }
        return number
    }
}
