import Foundation
import RLSClient
import RLSCore
import RLSTestSupport

/// A real rls-server on a free port of loopback, ended with the last copy of the value.
struct ServerProcess: Sendable {
    struct StartFailure: Error, CustomStringConvertible {
        let description: String
    }

    private let program: RunningProgram
    let directory: TemporaryDirectory
    let port: Int
    private let authority: TestAuthority?

    var url: String { authority == nil ? "rlsn://127.0.0.1:\(port)" : "rls://localhost:\(port)" }
    var address: ServerAddress {
        authority == nil
            ? ServerAddress(scheme: .insecure, host: "127.0.0.1", port: port)
            : ServerAddress(scheme: .authenticated, host: "localhost", port: port)
    }
    var database: String { directory.file("lrc.db") }
    var logText: String { program.errors }

    /// - Parameter lines: of the configuration file, beside what every test needs
    static func start(
        _ lines: [String] = [], in directory: TemporaryDirectory? = nil, backend: CatalogBackend = .current
    ) async throws -> ServerProcess {
        _ = try await TestAuthority.shared
        return try await ServerProcess(lines, in: directory, backend, authority: nil)
    }

    /// With authentication, on `localhost`.
    static func startGSI(
        _ lines: [String] = [], in directory: TemporaryDirectory? = nil, authority other: TestAuthority? = nil,
        host: String = "host"
    ) async throws -> ServerProcess {
        let authority = if let other { other } else { try await TestAuthority.shared }
        let security = [
            "rlscertfile \(authority.file("\(host)/hostcert.pem"))",
            "rlskeyfile \(authority.file("\(host)/hostkey.pem"))",
            "x509_cert_dir \(authority.file("certificates"))", "x509_voms_dir \(authority.file("vomsdir"))",
        ]
        return try await ServerProcess(security + lines, in: directory, .current, authority: authority)
    }

    private init(
        _ lines: [String], in directory: TemporaryDirectory?, _ backend: CatalogBackend, authority: TestAuthority?
    ) async throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        self.authority = authority
        let common = [
            "lrc_server true", "authentication \(authority != nil)", "listen_address 127.0.0.1", "port 0",
            "lrc_db_url \(try await backend.url(in: directory))", "pidfile \(directory.file("server.pid"))",
        ]
        let file = try directory.write((common + lines).joined(separator: "\n") + "\n", to: "server.conf")
        program = try await Program.server.executable.start(["-c", file, "-d"])
        _ = try await program.waitForErrors(seconds: 30) { $0.contains(" listening ") || $0.contains(" critical ") }
        let log = program.errors
        guard let match = log.firstMatch(of: /listening address=127\.0\.0\.1:(\d+)/), let port = Int(match.1) else {
            throw StartFailure(description: log)
        }
        self.port = port
    }

    func residentMegabytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(program.process)/status", encoding: .utf8)
        return status.firstMatch(of: /VmRSS:\s+(\d+) kB/).flatMap { Int($0.1) }.map { $0 / 1024 } ?? 0
    }

    func signal(_ number: Int32) { program.signal(number) }

    func waitForLog(_ text: String, times: Int = 1) async -> Bool {
        let found = try? await program.waitForErrors(seconds: 60) { $0.components(separatedBy: text).count > times }
        return found ?? false
    }

    /// As a power cut would: nothing is flushed by the process.
    func killHard() async {
        signal(SIGKILL)
        _ = try? await program.end()
    }

    /// - Returns: exit status and the seconds it took
    func stop() async -> (status: Int32, seconds: Double) {
        let began = ContinuousClock.now
        signal(SIGTERM)
        let status = try? await program.end()
        return (status ?? -1, (ContinuousClock.now - began) / .seconds(1))
    }

    func connect() async throws -> CatalogClient { try await CatalogClient.connect(to: address, timeout: .seconds(30)) }

    /// - Parameter proxy: of the server's test authority; without one there is no authentication
    func cli(_ words: String..., input: String = "", proxy: String = "alice-rfc", at url: String? = nil) async throws
        -> Program.Outcome
    {
        try await Program.cli.run(
            words + [url ?? self.url], input: input, environment: authority?.environment(proxy: proxy) ?? [:])
    }

    func admin(_ words: String..., proxy: String = "alice-rfc", at url: String? = nil) async throws -> Program.Outcome {
        try await Program.admin.run(
            words + [url ?? self.url], environment: authority?.environment(proxy: proxy) ?? [:])
    }

    /// A client on the libraries that the original's clients were built on.
    func peer(_ options: String..., proxy: String = "alice-rfc", input: String = "") async throws -> Program.Outcome {
        let peer = try await GlobusPeer.shared.value
        return try await peer.program.run(
            options + ["localhost", "\(port)"], input: input, environment: authority?.environment(proxy: proxy) ?? [:])
    }
}
