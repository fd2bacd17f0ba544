import ArgumentParser
import Foundation
import LDR
import Logging
import ServiceLifecycle
import Subprocess
import UnixSignals

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

struct MasterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master", abstract: "Runs all daemons that the site needs, and starts again those that end.")

    @OptionGroup var options: SiteOptions

    func run() async throws {
        let site = try options.site()
        let logger = options.logger("master")
        let lock = try DaemonLock(path: SitePlaces(site).lock("master"), daemon: "master")
        defer { withExtendedLifetime(lock) {} }
        let arguments = (options.config.map { ["-c", $0] } ?? []) + (options.verbose ? ["-v"] : [])
        let names = Self.daemons(site)
        if names.isEmpty { throw ValidationError("the site has nothing to publish, to follow or to subscribe to") }
        let services = names.map { Supervisor(daemon: $0, arguments: arguments, logger: logger) }
        let group = ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "master") { _ in SwiftLogNoOpLogHandler() })
        try await group.run()
    }

    static func daemons(_ site: SiteConfiguration) -> [String] {
        var names: [String] = []
        if !site.watches.isEmpty { names.append("publish") }
        if !site.logDirectory.isEmpty || !site.peers.isEmpty { names.append("metadata") }
        if !site.subscriptions.isEmpty { names += ["want", "schedule", "transfer"] }
        if !site.subscriptions.isEmpty && !site.stageCommands.isEmpty { names.append("stage") }
        if !site.partitions.isEmpty { names.append("verify") }
        if ReapCommand.isNeeded(site) { names.append("reap") }
        if site.httpListen != nil { names.append("serve") }
        return names
    }
}

/// Keeps one daemon running.
struct Supervisor: Service {
    private static let longestPause = 300.0
    /// Tells a daemon the number of its master's process.
    static let variable = "LDR_MASTER"

    /// A daemon whose master was killed ends, too: the next master starts another.
    static var isLost: Bool {
        guard let text = ProcessInfo.processInfo.environment[variable] else { return false }
        return Int32(text) != getppid()
    }

    let daemon: String
    let arguments: [String]
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var pause = 1.0
            while !Task.isCancelled {
                let began = ContinuousClock.now
                let end = await once()
                if Task.isCancelled { return }
                // One that has run for a while begins afresh.
                if ContinuousClock.now - began > .seconds(60) { pause = 1 }
                logger.error(
                    "daemon ended", metadata: ["daemon": "\(daemon)", "how": "\(end)", "again_in": "\(pause) s"])
                try? await Task.sleep(for: .seconds(pause * Double.random(in: 0.8...1.2)))
                pause = min(Self.longestPause, pause * 2)
            }
        }
    }

    private func once() async -> String {
        var options = PlatformOptions()
        // Told to end, it has time to put back what it has begun.
        options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(20))]
        do {
            let outcome = try await Subprocess.run(
                .path(FilePath(Self.program)), arguments: Arguments([daemon] + arguments),
                environment: .inherit.updating([.init(stringLiteral: Self.variable): "\(getpid())"]),
                platformOptions: options,
                output: .currentStandardOutput, error: .currentStandardError)
            return "\(outcome.terminationStatus)"
        } catch { return "\(error)" }
    }

    /// This one.
    private static var program: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
