import Foundation

/// An XRootD server that shows a directory to everybody, for reading.
package final class XRootDServer: Sendable {
    package let port: Int
    private let program: RunningProgram
    private let files: TemporaryDirectory

    package init(_ directory: String) async throws {
        let server = try NeededProgram.path("xrootd", package: "xrootd-server")
        files = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: files.file("own"), withIntermediateDirectories: false)
        let configuration = try files.write(
            """
            xrd.port any
            all.export / r/o
            oss.localroot \(directory)
            all.adminpath \(files.file("own"))
            all.pidpath \(files.file("own"))

            """, to: "xrootd.conf")
        // It does not run as root; its package makes a user.
        let user = geteuid() == 0 ? "xrootd" : nil
        if let user { try Self.give(files.file("own"), to: user) }
        program = try await Executable(path: server.path, user: user).start(["-I", "v4", "-c", configuration])
        let isUp = try await program.waitForErrors(seconds: 20) {
            $0.contains(" initialization completed.\n") && Self.port($0) != nil
        }
        guard isUp, let port = Self.port(program.errors) else {
            throw NeededProgram.Failure(description: "xrootd did not start: \(program.errors)")
        }
        self.port = port
    }

    package func url(_ path: String) -> String { "root://localhost:\(port)/\(path)" }

    private static func port(_ log: String) -> Int? {
        log.firstMatch(of: /:(\d+) initialization completed/).flatMap { Int($0.1) }
    }

    private static func give(_ path: String, to user: String) throws {
        guard let entry = getpwnam(user) else {
            throw NeededProgram.Failure(description: "no user \(user): install the Debian package xrootd-server")
        }
        guard chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
            throw NeededProgram.Failure(description: "\(path): \(String(cString: strerror(errno)))")
        }
    }
}
