import Foundation
import NIOConcurrencyHelpers
import RLSCore
import RLSTestSupport
import Testing

/// A subscriber whose daemons, with their master, are killed at any moment while files are published.
@Suite struct ReplicationKillTests {
    private static var seconds: Double {
        ProcessInfo.processInfo.environment["RLS_KILL_SECONDS"].flatMap(Double.init) ?? 6
    }

    @Test(.timeLimit(.minutes(30))) func everyFileComesOnceWhateverIsKilled() async throws {
        let publisher = try await ReplicationSite("publisher")
        let reader = try await ReplicationSite("reader")
        let lines = ["subscription all : size >= 0", "layout {hash:1}/{lfn}", "attempts 1000"]
        try await ReplicationSite.connect([publisher, reader], ["reader": lines])
        let files = NIOLockedValueBox<[String: Data]>([:])
        let watch = FinalNames(reader, files)
        let watching = Task { await watch.run() }
        let end = ContinuousClock.now + .seconds(Self.seconds)
        async let kills = Self.killDaemons(of: reader, until: end)
        try await Self.publish(at: publisher, files, until: end)
        let killed = try await kills
        #expect(killed > 0)

        let wanted = files.withLockedValue { $0 }
        let isComplete = try await Self.isCompleted(reader, wanted.count)
        watching.cancel()
        await watching.value
        let status = try await reader.ldr("status")
        #expect(isComplete, "\(status)")
        #expect(watch.seen == wanted.count && watch.wrong == [])
        try await check(reader, wanted)
    }

    private static func isCompleted(_ reader: ReplicationSite, _ count: Int) async throws -> Bool {
        let master = try await reader.master()
        var passes = 0
        let isComplete = try await eventually(seconds: 40) {
            passes += 1
            // What failed when a daemon was killed would wait.
            if passes % 50 == 0 { try await reader.ldr("retry") }
            return try await reader.status().present == count
        }
        master.signal(SIGTERM)
        #expect(try await master.end(seconds: 30) == 0)
        if !isComplete { Issue.record("\(master.errors)") }
        return isComplete
    }

    private func check(_ reader: ReplicationSite, _ wanted: [String: Data]) async throws {
        let contents = reader.contents()
        #expect(Set(contents.keys.map { ($0 as NSString).lastPathComponent }) == Set(wanted.keys))
        #expect(contents.count == wanted.count)
        #expect(contents.allSatisfy { wanted[($0.key as NSString).lastPathComponent] == $0.value })
        let mappings = try await reader.mappings()
        #expect(mappings.map(\.lfn.description).sorted() == wanted.keys.sorted())
        let report = try await reader.ldr("verify", "--once", "--json")
        for list in ["lost", "corrupt", "dark", "forgotten", "refusals"] { #expect(report.contains("\"\(list)\":[]")) }
        #expect(reader.leftovers() == [])
        let scratch = try FileManager.default.contentsOfDirectory(atPath: reader.directory.file("state/scratch"))
        #expect(scratch == [])
    }

    // MARK: Meanwhile

    private static func publish(
        at site: ReplicationSite, _ files: NIOLockedValueBox<[String: Data]>, until end: ContinuousClock.Instant
    ) async throws {
        var round = 0
        repeat {
            var batch = SampleFile.some(10, "r\(round)", bytes: Int.random(in: 0..<200_000))
            if round % 4 == 0 { batch["large-\(round)"] = SampleFile.content("large-\(round)", bytes: 6 << 20) }
            files.withLockedValue { [batch] in $0.merge(batch) { $1 } }
            try await site.publish(batch)
            round += 1
        } while ContinuousClock.now < end
    }

    /// - Returns: how many were killed
    private static func killDaemons(
        of site: ReplicationSite, until end: ContinuousClock.Instant
    ) async throws -> Int {
        var master = try await site.master()
        var killed = 0
        while ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...400)))
            let daemons = daemons(of: site, without: master.process)
            if let one = daemons.randomElement(), Int.random(in: 0..<6) > 0 {
                if kill(one, SIGKILL) == 0 { killed += 1 }
            } else {
                // The next one begins without the pauses that the last had come to.
                master.signal(SIGKILL)
                _ = try await master.end()
                master = try await site.master()
                killed += 1
            }
        }
        master.signal(SIGKILL)
        _ = try await master.end()
        for daemon in daemons(of: site, without: master.process) { kill(daemon, SIGKILL) }
        return killed
    }

    /// Known by the configuration file, which no other test has.
    private static func daemons(of site: ReplicationSite, without master: pid_t) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { process in
            guard process != master, let words = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else {
                return false
            }
            return words.range(of: Data(site.configuration.utf8)) != nil
        }
    }
}

/// Looks again and again at the files that stand under final names: each must be whole when it is first seen.
private final class FinalNames: Sendable {
    private let site: ReplicationSite
    private let files: NIOLockedValueBox<[String: Data]>
    private let state = NIOLockedValueBox((seen: Set<String>(), wrong: [String]()))

    init(_ site: ReplicationSite, _ files: NIOLockedValueBox<[String: Data]>) {
        self.site = site
        self.files = files
    }

    var seen: Int { state.withLockedValue { $0.seen.count } }
    var wrong: [String] { state.withLockedValue { $0.wrong } }

    func run() async {
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: .milliseconds(30))
        }
        look()
    }

    private func look() {
        let known = state.withLockedValue { $0.seen }
        for path in FileManager.default.subpaths(atPath: site.root) ?? [] where !path.hasPrefix(".ldr-") {
            let name = (path as NSString).lastPathComponent
            guard !known.contains(name), let expected = files.withLockedValue({ $0[name] }) else { continue }
            let content = FileManager.default.contents(atPath: site.root + "/" + path)
            state.withLockedValue { state in
                state.seen.insert(name)
                if content != expected { state.wrong.append("\(name): \(content?.count ?? -1) bytes") }
            }
        }
    }
}
