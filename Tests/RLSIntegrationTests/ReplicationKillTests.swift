import Foundation
import NIOConcurrencyHelpers
import RLSCore
import RLSTestSupport
import Testing

/// Sites whose daemons, masters, catalogs and servers of files are killed at any moment while files are published.
@Suite struct ReplicationKillTests {
    private static var seconds: Double {
        ProcessInfo.processInfo.environment["RLS_KILL_SECONDS"].flatMap(Double.init) ?? 8
    }

    /// `RLS_KILL_SEED` of a run that failed makes the same choices.
    private static var seed: UInt64 {
        ProcessInfo.processInfo.environment["RLS_KILL_SEED"].flatMap(UInt64.init) ?? .random(in: 0..<1_000_000)
    }

    @Test(.timeLimit(.minutes(60))) func everyFileComesOnceWhateverIsKilled() async throws {
        let seed = Self.seed
        print("RLS_KILL_SEED=\(seed)")
        let publisher = try await ReplicationSite("publisher", .gridFTP)
        // Each takes from the other, too.
        let readers = [
            try await ReplicationSite("near", .gridFTP), try await ReplicationSite("far", .webWithCertificates),
        ]
        let sites = [publisher] + readers
        try await ReplicationSite.connect(sites, Self.lines(publisher))
        let files = NIOLockedValueBox<[String: Data]>([:])
        let watches = readers.map { FinalNames($0, files) }
        let watching = watches.map { watch in Task { await watch.run() } }
        defer { for task in watching { task.cancel() } }
        let masters = try await Self.publishAndKill(sites, files, seed)
        let wanted = files.withLockedValue { $0 }
        try await Self.complete(readers, masters, wanted.count)
        for (watch, task) in zip(watches, watching) {
            task.cancel()
            await task.value
            #expect(watch.wrong == [])
            #expect(watch.seen == wanted.count)
        }
        for reader in readers { try await check(reader, wanted) }
        let published = try await publisher.mappings().map(\.lfn.description).sorted()
        #expect(published == wanted.keys.sorted())
    }

    /// Everything runs that a site may have: verification looks at all contents again and again. What has come and cannot be
    /// registered, as the catalog was killed, is dark until then, and not put aside.
    private static func lines(_ publisher: ReplicationSite) -> [String: [String]] {
        let verify = ["verify_interval 1s", "verify_age 1s", "verify_dark_age 1h", "reap_interval 1s"]
        let reader = ["subscription all lifetime=1d : size >= 0", "layout {hash:1}/{lfn}", "attempts 1000"] + verify
        return [
            "publisher": ["watch \(publisher.root)/new complete_after=1s"] + verify, "near": reader, "far": reader,
        ]
    }

    /// - Returns: masters of all sites, with pauses that have just begun
    private static func publishAndKill(
        _ sites: [ReplicationSite], _ files: NIOLockedValueBox<[String: Data]>, _ seed: UInt64
    ) async throws -> [RunningProgram] {
        let end = ContinuousClock.now + .seconds(seconds)
        return try await withThrowingTaskGroup(of: RunningProgram?.self) { group in
            for (index, site) in sites.enumerated() {
                group.addTask {
                    var havoc = try await Havoc(site, seed: seed + UInt64(index))
                    try await havoc.run(until: end)
                    #expect(havoc.killed > 0)
                    return try await havoc.end()
                }
            }
            group.addTask {
                try await publish(at: sites[0], files, until: end)
                return nil
            }
            var masters: [RunningProgram] = []
            for try await case let master? in group { masters.append(master) }
            return masters
        }
    }

    /// Files appear in the directory that the site watches.
    private static func publish(
        at site: ReplicationSite, _ files: NIOLockedValueBox<[String: Data]>, until end: ContinuousClock.Instant
    ) async throws {
        var round = 0
        repeat {
            var batch = SampleFile.some(10, "r\(round)", bytes: Int.random(in: 0..<200_000))
            if round % 4 == 0 { batch["large-\(round)"] = SampleFile.content("large-\(round)", bytes: 8 << 20) }
            files.withLockedValue { [batch] in $0.merge(batch) { $1 } }
            for (name, content) in batch { try site.write(content, to: "new/\(name)") }
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...1_000)))
            round += 1
        } while ContinuousClock.now < end
    }

    private static func complete(
        _ readers: [ReplicationSite], _ masters: [RunningProgram], _ count: Int
    ) async throws {
        for reader in readers {
            var passes = 0
            let isComplete = try await eventually(seconds: 60) {
                passes += 1
                // What failed when something was killed would wait.
                if passes % 20 == 0 { try await reader.ldr("retry") }
                return try await reader.status().present == count
            }
            if !isComplete { print(try await reader.ldr("status"), try await reader.ldr("history").prefix(10_000)) }
            #expect(isComplete)
        }
        for master in masters { master.signal(SIGTERM) }
        for master in masters {
            let status = try await master.end(seconds: 30)
            #expect(status == 0, "\(master.errors)")
        }
    }

    private func check(_ reader: ReplicationSite, _ wanted: [String: Data]) async throws {
        let contents = reader.contents()
        #expect(contents.keys.map { ($0 as NSString).lastPathComponent }.sorted() == wanted.keys.sorted())
        #expect(contents.allSatisfy { wanted[($0.key as NSString).lastPathComponent] == $0.value })
        let mappings = try await reader.mappings()
        #expect(mappings.map(\.lfn.description).sorted() == wanted.keys.sorted())
        let report = try await reader.ldr("verify", "--once", "--json")
        for list in ["lost", "corrupt", "dark", "forgotten", "refusals"] {
            #expect(report.contains("\"\(list)\":[]"), "\(reader.name): \(report)")
        }
        #expect(reader.leftovers() == [])
        #expect(reader.leftovers(in: ".ldr-quarantine") == [])
        let scratch = try FileManager.default.contentsOfDirectory(atPath: reader.directory.file("state/scratch"))
        #expect(scratch == [])
    }
}
