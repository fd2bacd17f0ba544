import Foundation
import NIOConcurrencyHelpers
import RLSClient
import RLSCore
import RLSTestSupport
import RLSWire
import Testing

/// A server killed in the middle of writes: what it has acknowledged is there after a restart, and nothing is half there.
@Suite struct CrashTests {
    /// What the writers know to be committed.
    private final class Acknowledged: Sendable {
        private struct State {
            var mappings: [Mapping] = []
            var trap: (count: Int, spring: @Sendable () -> Void)?
        }

        private let state = NIOLockedValueBox(State())

        var all: [Mapping] { state.withLockedValue { $0.mappings } }

        /// Runs `spring` once, when so many more have been acknowledged.
        func setTrap(after more: Int, spring: @escaping @Sendable () -> Void) {
            state.withLockedValue { $0.trap = ($0.mappings.count + more, spring) }
        }

        func add(_ more: [Mapping]) {
            let spring = state.withLockedValue { state -> (@Sendable () -> Void)? in
                state.mappings += more
                guard let trap = state.trap, state.mappings.count >= trap.count else { return nil }
                state.trap = nil
                return trap.spring
            }
            spring?()
        }
    }

    private static var seconds: Double {
        ProcessInfo.processInfo.environment["RLS_KILL_SECONDS"].flatMap(Double.init) ?? 3
    }

    @Test(.timeLimit(.minutes(10))) func acknowledgedWritesSurviveKill() async throws {
        let directory = try TemporaryDirectory()
        let acknowledged = Acknowledged()
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var round = 0
        repeat {
            let server = try await ServerProcess.start(in: directory)
            try await check(acknowledged.all, on: server)
            acknowledged.setTrap(after: Int.random(in: 1...3_000)) { server.signal(SIGKILL) }
            await withTaskGroup(of: Void.self) { [round] group in
                for writer in 0..<8 {
                    group.addTask { await Self.write(to: server.address, "r\(round)w\(writer)", acknowledged) }
                }
            }
            await server.killHard()
            round += 1
            // At least twice: the second start finds what the first kill left.
        } while ContinuousClock.now < end || round < 2
        let server = try await ServerProcess.start(in: directory)
        try await check(acknowledged.all, on: server)
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
