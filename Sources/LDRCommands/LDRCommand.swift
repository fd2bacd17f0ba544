import ArgumentParser

/// `ldr`: replication of files between sites.
package struct LDRCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ldr", abstract: "Keeps subscribers of files complete.",
        discussion: "Each daemon is a subcommand; `ldr master` runs all that the site's roles need.")

    package init() {}
}
