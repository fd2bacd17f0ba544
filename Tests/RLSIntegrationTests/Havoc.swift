import Foundation
import RLSTestSupport

/// Kills what belongs to a site, again and again: daemons, their master, the catalog with its index, the server of files.
struct Havoc {
    private let site: ReplicationSite
    private var generator: SeededGenerator
    private var master: RunningProgram
    private(set) var killed = 0

    init(_ site: ReplicationSite, seed: UInt64) async throws {
        self.site = site
        generator = SeededGenerator(seed: seed)
        master = try await site.master()
    }

    nonisolated(nonsending) mutating func run(until end: ContinuousClock.Instant) async throws {
        while ContinuousClock.now < end {
            try await pause(5...600)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                await site.killCatalog()
                try await pause(0...700)
                try await site.restartCatalog()
            case 1, 2:
                try await site.endFileServer()
                try await pause(0...700)
                try await site.restartFileServer()
            case 3: try await killMaster()
            default: if !killDaemon() { continue }
            }
            killed += 1
        }
    }

    /// Without the last of the daemons.
    /// - Returns: a master whose daemons have just begun
    nonisolated(nonsending) mutating func end() async throws -> RunningProgram {
        try await killMaster()
        return master
    }

    private nonisolated(nonsending) mutating func pause(_ milliseconds: ClosedRange<Int>) async throws {
        try await Task.sleep(for: .milliseconds(Int.random(in: milliseconds, using: &generator)))
    }

    /// The next one begins without the pauses that the last had come to. Daemons that outlive it for a pass hold the
    /// locks of those that it starts.
    private nonisolated(nonsending) mutating func killMaster() async throws {
        master.signal(SIGKILL)
        _ = try await master.end()
        if Bool.random(using: &generator) { for daemon in daemons() { kill(daemon, SIGKILL) } }
        master = try await site.master()
    }

    private mutating func killDaemon() -> Bool {
        guard let daemon = daemons().randomElement(using: &generator) else { return false }
        return kill(daemon, SIGKILL) == 0
    }

    /// Known by the configuration file, which no other test has.
    private func daemons() -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.sorted().filter { process in
            guard process != master.process,
                let words = FileManager.default.contents(atPath: "/proc/\(process)/cmdline")
            else { return false }
            return words.range(of: Data(site.configuration.utf8)) != nil
        }
    }
}
