import Foundation
import RLSClient
import RLSCore
import RLSWire
import Synchronization
import Testing

/// A server killed in the middle of writes: what it has acknowledged is there after a restart, and nothing is half there.
@Suite struct CrashTests {
    /// What the writers know to be committed.
    private final class Acknowledged: Sendable {
        private let mappings = Mutex<[Mapping]>([])

        func add(_ more: [Mapping]) { mappings.withLock { $0 += more } }
        var all: [Mapping] { mappings.withLock { $0 } }
    }

    private static var seconds: Double {
        ProcessInfo.processInfo.environment["RLS_KILL_SECONDS"].flatMap(Double.init) ?? 3
    }

    @Test func acknowledgedWritesSurviveKill() async throws {
        let directory = try TemporaryDirectory()
        let acknowledged = Acknowledged()
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var round = 0
        repeat {
            let server = try await ServerProcess.start(in: directory)
            try await check(acknowledged.all, on: server)
            let writers = Task { [round, address = server.address] in
                await withTaskGroup(of: Void.self) { group in
                    for writer in 0..<8 {
                        group.addTask { await Self.write(to: address, "r\(round)w\(writer)", acknowledged) }
                    }
                }
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...500)))
            await server.killHard()
            await writers.value
            round += 1
        } while ContinuousClock.now < end
        let server = try await ServerProcess.start(in: directory)
        try await check(acknowledged.all, on: server)
        #expect(acknowledged.all.count > 100)
    }

    /// Single and bulk creates until the connection breaks.
    private static func write(to address: ServerAddress, _ prefix: String, _ acknowledged: Acknowledged) async {
        guard let client = try? await CatalogClient.connect(to: address) else { return }
        var number = 0
        while true {
            number += 1
            let count = number % 2 == 0 ? 1 : 50
            let batch = (0..<count).map { item in
                Mapping(lfn: "\(prefix)-\(number)-\(item)", pfn: "gsiftp://se/\(prefix)-\(number)-\(item)")
            }
            do {
                if count == 1 {
                    try await client.create(batch[0])
                } else {
                    let failures = try await client.createAll(batch)
                    #expect(failures.isEmpty)
                }
                acknowledged.add(batch)
            } catch {
                return
            }
        }
    }

    private func check(_ wanted: [Mapping], on server: ServerProcess) async throws {
        let client = try await server.connect()
        for start in stride(from: 0, to: wanted.count, by: 1_000) {
            let part = wanted[start..<min(start + 1_000, wanted.count)]
            for item in try await client.mappings(of: .lfn, names: part.map(\.lfn)) {
                if case .failure(let error) = item.result { Issue.record("lost: \(error)") }
            }
        }
        // Both directions and the counters agree: no half of an item.
        let statistics = try await client.statistics()
        if statistics.lrcMappings == 0 { return #expect(wanted.isEmpty) }
        let byName = try await client.mappings(matching: SQLPattern("%"), by: .lfn)
        let byTarget = try await client.mappings(matching: SQLPattern("%"), by: .pfn)
        #expect(Set(byName) == Set(byTarget))
        #expect(statistics.lrcMappings == byName.count)
        #expect(statistics.lrcLFNs == Set(byName.map(\.lfn)).count)
        await client.connection.close()
    }
}
