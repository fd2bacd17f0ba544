import ArgumentParser

/// What the executables run.
package enum Programs {
    package static func server() async { await ServerCommand.main() }
}
