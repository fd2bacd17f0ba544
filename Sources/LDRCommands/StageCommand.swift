import ArgumentParser
import LDR

struct StageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stage", abstract: "Has files brought back from tape that are to be fetched.")

    @OptionGroup var options: DaemonOptions

    func run() async throws {
        let loop = try DaemonLoop("stage", options)
        let site = loop.site
        if site.stageCommands.isEmpty { throw ValidationError("the configuration has no `stage_command`") }
        let stager = Stager(
            work: try WorkDesk(path: loop.places.work), commands: try Assembly.stage(site), events: loop.events,
            attempts: site.queue.attempts, owner: try DaemonLock.owner(path: loop.places.lock(loop.name)))
        try await loop.run {
            let outcome = try await stager.pass()
            if outcome.readable + outcome.failed == 0 { return nil }
            return "asked for \(outcome.asked) files, readable \(outcome.readable), failed \(outcome.failed)"
        }
    }
}
