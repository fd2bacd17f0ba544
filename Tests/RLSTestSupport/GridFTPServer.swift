import Foundation

/// A GridFTP server on loopback, with a host certificate of the test authority; whoever it trusts works as the tests'
/// user.
package final class GridFTPServer: FileServer {
    package let port: Int
    /// Whose host certificate it has, and whose users it knows.
    package let authority: TestAuthority
    private let program: RunningProgram
    private let files: TemporaryDirectory
    /// No other server has it in its environment, in which also those are found that have lost their parent.
    private let map: String

    /// - Parameter port: 0 for a free one
    package init(port: Int = 0) async throws {
        let executable = try NeededProgram.path("globus-gridftp-server", package: "globus-gridftp-server-progs")
        authority = try await TestAuthority.shared
        files = try TemporaryDirectory()
        let user = NSUserName()
        map = try files.write("\"/O=Grid/OU=Test/CN=Alice\" \(user)\n", to: "grid-mapfile")
        try files.write("", to: "gridftp.conf")
        program = try await executable.start(
            [
                "-c", files.file("gridftp.conf"), "-p", "\(port)", "-control-interface", "127.0.0.1",
                "-data-interface", "127.0.0.1", "-allow-root", "-allow-disabled-login", "-auth-level",
                geteuid() == 0 ? "2" : "6",
            ],
            environment: [
                "X509_CERT_DIR": authority.file("certificates"), "GRIDMAP": map,
                "X509_USER_CERT": authority.file("host/hostcert.pem"),
                "X509_USER_KEY": authority.file("host/hostkey.pem"),
            ])
        self.port = port == 0 ? try await Self.port(of: program) : port
        let isUp = try await eventually { program.hasEnded || (try? RawClient(port: self.port)) != nil }
        if !isUp || program.hasEnded {
            throw NeededProgram.Failure(description: "globus-gridftp-server: \(program.output)\(program.errors)")
        }
    }

    deinit { kill() }

    package func url(_ path: String) -> String { "gsiftp://localhost:\(port)\(path)" }

    /// With the processes that serve connections.
    package func kill() {
        let children = children
        program.signal(SIGKILL)
        for process in children { Foundation.kill(process, SIGKILL) }
    }

    package func end() async throws {
        kill()
        _ = try await program.end()
        // It may have begun to serve another connection meanwhile.
        let isAlone = try await eventually {
            let left = survivors
            for process in left { Foundation.kill(process, SIGKILL) }
            return left.isEmpty
        }
        guard isAlone else { throw NeededProgram.Failure(description: "globus-gridftp-server cannot be killed") }
        try await waitForFreePort()
    }

    private var survivors: [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { process in
            let words = FileManager.default.contents(atPath: "/proc/\(process)/environ") ?? Data()
            return words.range(of: Data("GRIDMAP=\(map)\0".utf8)) != nil
        }
    }

    /// Connections stand still.
    package func stop() { for process in children { Foundation.kill(process, SIGSTOP) } }

    private var children: [pid_t] {
        if program.hasEnded { return [] }
        let process = program.process
        let text = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        return (text ?? "").split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
    }

    private static func port(of program: RunningProgram) async throws -> Int {
        var port: Int?
        _ = try await eventually {
            port = program.output.split(whereSeparator: \.isNewline).first { $0.contains("listening") }
                .flatMap { $0.split(separator: ":").last }.flatMap { Int($0) }
            return port != nil
        }
        guard let port else {
            throw NeededProgram.Failure(description: "globus-gridftp-server: \(program.output)\(program.errors)")
        }
        return port
    }
}
