import RLSCore

/// Which copies have to be made readable before they can be fetched, and by what program. It is the subscriber's program, for
/// the subscriber knows what it wants and when: tape systems take such requests over the network.
package struct StageCommands: Sendable {
    /// The longest prefix first.
    private let commands: [(prefix: ByteString, template: CommandTemplate)]
    let limits: StageLimits

    package init() { (commands, limits) = ([], StageLimits()) }

    package init(_ commands: [StageConfiguration], _ limits: StageLimits) throws(CommandTemplate.Failure) {
        var all: [(prefix: ByteString, template: CommandTemplate)] = []
        for item in commands { all.append((ByteString(item.prefix), try CommandTemplate(item.command, .stage))) }
        self.commands = all.sorted { $0.prefix.count > $1.prefix.count }
        self.limits = limits
    }

    var isEmpty: Bool { commands.isEmpty }

    /// Files whose turn is near: so many are chosen in advance, by the shares of the subscriptions.
    var queue: Int { limits.files * 10 }

    /// nil for a copy that can be read at once.
    func command(for url: ByteString) -> CommandTemplate? {
        commands.first { url.bytes.starts(with: $0.prefix.bytes) }?.template
    }
}
