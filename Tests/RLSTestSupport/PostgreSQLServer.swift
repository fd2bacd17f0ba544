import Foundation
import NIOConcurrencyHelpers

/// A PostgreSQL server of the tests' own, on a socket in a temporary directory.
package final class PostgreSQLServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Where a server's data come from.
    package enum Origin: Sendable {
        case new
        /// A standby that follows another server; that one waits for it before it acknowledges a commit.
        case standby(of: PostgreSQLServer)
    }

    /// One for tests that only need databases. It need not survive a power cut.
    private static let sharedServer = Task {
        let server = try await PostgreSQLServer(settings: ["fsync = off", "max_connections = 400"])
        PostgreSQLExit.killAtExit(server.running.withLockedValue { $0?.process } ?? 0)
        return server
    }
    package static var shared: PostgreSQLServer { get async throws { try await sharedServer.value } }

    package let directory: TemporaryDirectory
    private let programs: PostgreSQLPrograms
    private let running = NIOLockedValueBox<RunningProgram?>(nil)
    private let databases = NIOLockedValueBox(0)

    package init(_ origin: Origin = .new, settings: [String] = []) async throws {
        directory = try TemporaryDirectory()
        programs = try PostgreSQLPrograms()
        try programs.give(directory)
        switch origin {
        case .new:
            _ = try await programs.run(
                "initdb", ["-D", data, "-U", "rls", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
        case .standby(let primary):
            _ = try await programs.run(
                "pg_basebackup",
                ["-D", data, "-h", primary.directory.path, "-U", "rls", "-R", "-c", "fast", "-X", "stream"])
        }
        let lines =
            [
                "listen_addresses = ''", "unix_socket_directories = '\(directory.path)'", "shared_buffers = 64MB",
                "max_wal_size = 256MB",
            ] + settings
        // The last line of a setting counts.
        try await programs.append(lines, to: data + "/postgresql.conf")
        try await start()
    }

    deinit { stop() }

    private var data: String { directory.file("data") }

    // MARK: Life

    package func start() async throws {
        // Processes of one that was killed may hold its memory a moment longer.
        for attempt in 1... {
            let program = try await programs.executable("postgres").start(["-D", data])
            let isReady = try await program.waitForErrors(seconds: 30) {
                $0.contains("ready to accept") || $0.contains("lock file") || $0.contains("pre-existing shared memory")
                    || $0.contains("database system is shut down") || $0.contains("configuration file")
            }
            if isReady && program.errors.contains("ready to accept") {
                return running.withLockedValue { $0 = program }
            }
            if attempt == 20 { throw Failure(description: "postgres: \(program.errors)") }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// At once, as a crash would.
    package func kill() async throws { try await end(SIGQUIT, then: SIGKILL) }

    /// Refuses new connections, ends those that there are, keeps what was committed.
    package func shutDown() async throws { try await end(SIGINT, then: nil) }

    private func end(_ first: Int32, then second: Int32?) async throws {
        guard
            let program = running.withLockedValue({ running in
                defer { running = nil }
                return running
            })
        else { return }
        program.signal(second ?? first)
        _ = try await program.end(seconds: 30)
    }

    private func stop() {
        // SIGQUIT: the children end, too.
        running.withLockedValue { $0 }?.signal(SIGQUIT)
    }

    /// Makes a primary of a standby.
    package func promote() async throws { _ = try await programs.run("pg_ctl", ["-D", data, "promote", "-w"]) }

    // MARK: Use

    /// A name as libpq's `host` takes it.
    package var host: String { directory.path }

    package func url(of database: String) -> String { "postgresql://rls@/\(database)?host=\(host)" }

    /// The URL of a database in which nothing is.
    package func freshDatabase() async throws -> String {
        let number = databases.withLockedValue { number in
            number += 1
            return number
        }
        let name = "test\(number)"
        try await sql("CREATE DATABASE \(name)", in: "postgres")
        return url(of: name)
    }

    /// Runs a file of psql's as an operator would, with variables set.
    package static func script(_ file: String, _ variables: [String], at url: String) async throws {
        let settings = variables.flatMap { ["-v", $0] }
        _ = try await PostgreSQLPrograms().run("psql", ["-X", "-q"] + settings + ["-f", file, url])
    }

    /// Runs SQL as an operator would.
    /// - Returns: the rows, columns separated by `|`
    @discardableResult
    package func sql(_ text: String, in database: String) async throws -> String {
        try await programs.run(
            "psql",
            ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", host, "-U", "rls", "-d", database, "-c", text])
    }
}

/// PostgreSQL's programs, run as somebody who may run them.
struct PostgreSQLPrograms: Sendable {
    private let path: String
    /// PostgreSQL refuses root.
    private let user: String?

    init() throws {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        guard let newest = versions.compactMap(Int.init).max() else {
            throw PostgreSQLServer.Failure(description: "no PostgreSQL server here: install the package postgresql")
        }
        path = "/usr/lib/postgresql/\(newest)/bin"
        guard geteuid() == 0 else {
            user = nil
            return
        }
        guard getpwnam("postgres") != nil else {
            throw PostgreSQLServer.Failure(description: "no user postgres: install the package postgresql")
        }
        user = "postgres"
    }

    func executable(_ name: String) -> Executable { Executable(path: "\(path)/\(name)", user: user) }

    /// - Returns: what it printed, without the last line end
    func run(_ name: String, _ arguments: [String]) async throws -> String {
        let outcome = try await executable(name).run(arguments)
        guard outcome.status == 0 else {
            throw PostgreSQLServer.Failure(description: "\(name): \(outcome.errors)\(outcome.output)")
        }
        return outcome.output.trimmingCharacters(in: CharacterSet.newlines)
    }

    func give(_ directory: TemporaryDirectory) throws {
        guard let user, let entry = getpwnam(user) else { return }
        guard chown(directory.path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
            throw PostgreSQLServer.Failure(description: "\(directory.path): \(String(cString: strerror(errno)))")
        }
    }

    func append(_ lines: [String], to file: String) async throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
    }
}

/// What lives as long as the process is never deinitialised.
private enum PostgreSQLExit {
    private static let process = NIOLockedValueBox<pid_t>(0)

    static func killAtExit(_ process: pid_t) {
        self.process.withLockedValue { $0 = process }
        atexit {
            let process = PostgreSQLExit.process.withLockedValue { $0 }
            if process > 0 { kill(process, SIGQUIT) }
        }
    }
}
