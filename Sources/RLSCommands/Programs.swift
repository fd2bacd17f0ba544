import ArgumentParser

/// What the executables run.
package enum Programs {
    package static func server() async { await ServerCommand.main() }
    package static func cli() async { await CLICommand.main(RawArguments.words) }

    package static func admin() async {
        let words = RawArguments.words
        // The classic options know no words for commands; this one speaks to no server either.
        if words.first == MigrateCommand.word {
            await MigrateCommand.main(Array(words.dropFirst()))
        } else {
            await AdminCommand.main(words)
        }
    }
}
