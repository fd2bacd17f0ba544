import Foundation
import RLSTestSupport
import Testing

@testable import RLSStorageSQLite

/// `rls-admin migrate` as a user runs it.
@Suite struct MigrateCommandTests {
    private static let count = 120_000
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func url(_ name: String) -> String { "sqlite:" + directory.file(name) }

    private func migrate(_ words: String...) async throws -> Program.Outcome {
        try await Program.admin.run(["migrate"] + words)
    }

    private func makeOriginal(_ name: String, mappings: Int = count) async throws {
        let path = directory.file(name)
        try await blocking {
            let connection = try SQLiteConnection(path: path, access: .create, busyTimeout: 0, cacheKiB: 10_000)
            let statements = OriginalSchema.tables + [OriginalSchema.numbers(mappings)]
            try connection.execute(statements.joined(separator: ";"))
        }
    }

    private struct Stopped {
        let status: Int32
        let program: RunningProgram
        let target: String
    }

    /// A copy that is sent a signal on its way. On a busy machine it may be through before that: then another one.
    /// - Parameter signal: tells whether it came in time
    private func stop(
        _ from: String, to target: (Int) async throws -> String,
        signal: (RunningProgram, String) async throws -> Bool
    ) async throws -> Stopped {
        var attempt = 0
        while true {
            let to = try await target(attempt)
            let program = try await Program.admin.executable.start(["migrate", from, to])
            let isInTime = try await signal(program, to)
            let status = try await program.end()
            attempt += 1
            if isInTime && status != 0 || attempt == 10 { return Stopped(status: status, program: program, target: to) }
        }
    }

    /// A copy to a file that is sent a signal when something has been committed.
    private func stop(_ number: Int32, _ from: String) async throws -> Stopped {
        try await stop(from) {
            url("to\($0)")
        } signal: { program, target in
            // On a thread of its own: there are few commits.
            try await blocking {
                let end = ContinuousClock.now + .seconds(Patience.seconds(60))
                while try committed(target) == 0 && ContinuousClock.now < end { usleep(5_000) }
                program.signal(number)
            }
            _ = try await program.end()
            return try committed(target) < Self.count
        }
    }

    /// How many mappings are there, while another program writes.
    private func committed(_ url: String) throws -> Int {
        let path = String(url.dropFirst("sqlite:".count))
        // As long as the log is not there, the program sets the file up, and wants it for itself.
        guard FileManager.default.fileExists(atPath: path + "-wal") else { return 0 }
        let connection = try SQLiteConnection(path: path, access: .readOnly, busyTimeout: 1_000, cacheKiB: 100)
        return (try? connection.integer("SELECT value FROM counter WHERE name = 'mapping'")) ?? 0
    }

    /// In which order the mappings come, depends on the source.
    @Test(arguments: [true, false]) func aKilledCopyGoesOn(isOriginal: Bool) async throws {
        try await makeOriginal("original")
        var from = "original"
        if !isOriginal {
            from = "ours"
            #expect(try await migrate(url("original"), url("ours")).status == 0)
        }
        let stopped = try await stop(SIGKILL, url(from))
        #expect(stopped.status == 128 + SIGKILL)
        #expect((1..<Self.count).contains(try committed(stopped.target)))
        let outcome = try await migrate(url(from), stopped.target)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.hasSuffix("  the same\n"))
        #expect(outcome.output.contains(/mappings +120049 +120049  equal/))
    }

    @Test func aKilledCopyToPostgreSQLGoesOn() async throws {
        try await makeOriginal("from")
        let server = try await PostgreSQLServer.shared
        let stopped = try await stop(url("from")) { _ in
            try await server.freshDatabase()
        } signal: { program, database in
            let name = try #require(database.firstMatch(of: /\/(\w+)\?/)?.1)
            // More than may be missing when a copy ends: less is copied anew.
            _ = try await eventually(seconds: 60) {
                let count = try? await server.sql("SELECT mappings FROM lrc.state", in: String(name))
                return Int(count ?? "") ?? 0 >= 40_000
            }
            program.signal(SIGKILL)
            return true
        }
        #expect(stopped.status == 128 + SIGKILL)
        let outcome = try await migrate(url("from"), stopped.target)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("  went on copying: "))
        #expect(outcome.output.hasSuffix("  the same\n"))
    }

    @Test func anInterruptedCopyGoesOn() async throws {
        try await makeOriginal("from")
        let stopped = try await stop(SIGINT, url("from"))
        #expect(stopped.status == 1)
        #expect(stopped.program.errors.contains("interrupted\n") && stopped.program.output.isEmpty)
        #expect(try await migrate(url("from"), stopped.target).output.hasSuffix("  the same\n"))
    }

    @Test func statusTellsWhatWasFound() async throws {
        try await makeOriginal("from", mappings: 60)
        #expect(try await migrate(url("from"), url("to")).status == 0)
        let connection = try SQLiteConnection(
            path: directory.file("from"), access: .existing, busyTimeout: 0, cacheKiB: 100)
        try connection.execute("UPDATE t_lfn SET name = 'changed' WHERE id = 13")
        let outcome = try await migrate("--verify-only", url("from"), url("to"))
        #expect(outcome.status == 1 && outcome.output.contains("DIFFERENT"))
        try connection.execute("UPDATE t_lfn SET name = '' WHERE id = 13")
        let refused = try await migrate("--merge", url("from"), url("to"))
        #expect(refused.status == 1)
        #expect(refused.output.contains("not taken, among them:\n    mapping \"\" "))
        #expect(refused.output.hasSuffix("  all of it is there but for what was not taken\n"))
    }

    @Test func json() async throws {
        try await makeOriginal("from", mappings: 60)
        let outcome = try await migrate("--json", url("from"), url("to"))
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        #expect(report["good"] as? Bool == true && report["original"] as? Bool == true)
        #expect((report["copied"] as? [String: Any])?["mappings"] as? Int == 109)
        let verification = try #require(report["verification"] as? [String: Any])
        #expect((verification["lfns"] as? [String: Any])?["to"] as? Int == 60)
    }

    @Test func wrongUse() async throws {
        let secret = "postgresql://user:geheim@127.0.0.1:1/db"
        for words in [
            [], [secret], [secret, secret, secret], ["postgre://user:geheim@host", secret],
            ["--nonsense", secret, secret],
            ["--partitions", "0", secret, secret],
        ] {
            let outcome = try await Program.admin.run(["migrate"] + words)
            #expect(outcome.status == 64, "\(words)")
            #expect(!(outcome.errors + outcome.output).contains("geheim"))
        }
        let nobody = try await migrate(secret, url("to"))
        #expect(nobody.status == 1 && nobody.errors.contains("127.0.0.1") && !nobody.errors.contains("geheim"))
        let help = try await migrate("--help")
        #expect(help.status == 0 && help.output.contains("--verify-only"))
        #expect(try await Program.admin.run(["--help"]).output.contains("rls-admin migrate"))
    }
}
