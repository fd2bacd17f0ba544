import ArgumentParser

/// What the executables run.
package enum Programs {
    package static func server() async { await ServerCommand.main() }
    package static func cli() async { await CLICommand.main(RawArguments.words) }
    package static func admin() async { await AdminCommand.main(RawArguments.words) }
}
