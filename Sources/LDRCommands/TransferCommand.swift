import ArgumentParser
import LDR

struct TransferCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transfer", abstract: "Fetches the files that are queued, verifies and registers them.")

    @OptionGroup var options: DaemonOptions

    func run() async throws {
        let loop = try DaemonLoop("transfer", options)
        let daemon = try await Assembly.transferDaemon(loop)
        try await loop.run {
            let outcome = try await daemon.pass()
            if outcome == AgentOutcome() { return nil }
            return "arrived \(outcome.arrived) files, \(outcome.bytes) bytes; failed \(outcome.failed)"
        }
    }
}
