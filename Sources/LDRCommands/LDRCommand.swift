import ArgumentParser

/// `ldr`: replication of files between sites.
package struct LDRCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ldr", abstract: "Keeps subscribers of files complete.",
        discussion: "Each daemon is a subcommand; `ldr master` runs all that a site needs.",
        groupedSubcommands: [
            CommandGroup(
                name: "Daemons",
                subcommands: [
                    MasterCommand.self, PublishCommand.self, MetadataCommand.self, WantCommand.self,
                    ScheduleCommand.self, StageCommand.self,
                    TransferCommand.self, VerifyCommand.self, ReapCommand.self, ServeCommand.self,
                ]),
            CommandGroup(
                name: "Looking",
                subcommands: [
                    StatusCommand.self, ExplainCommand.self, FindCommand.self, HistoryCommand.self, EventsCommand.self,
                ]),
            CommandGroup(name: "Acting", subcommands: [WithdrawCommand.self, RetryCommand.self, CheckCommand.self]),
        ])

    package init() {}
}
