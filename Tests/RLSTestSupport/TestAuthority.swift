import Foundation

/// A certificate authority with hosts, users and proxies of every kind, made by tools/make-test-ca.
package final class TestAuthority: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let directory: TemporaryDirectory
    package var path: String { directory.file("authority") }

    /// One for the whole test process, whose environment names it: the libraries look nowhere else.
    package static var shared: TestAuthority { get async throws { try await made.value } }

    private static let made = Task {
        let authority = try await TestAuthority()
        // Other threads may read. tools/test has given each a place, which this only fills.
        for (name, value) in authority.environment() { setenv(name, value, 1) }
        return authority
    }

    /// - Parameter short: seconds that the proxy `alice-short` is valid from now
    package init(short: Int = 600) async throws {
        directory = try TemporaryDirectory()
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        try await Self.run(
            project.appendingPathComponent("tools/make-test-ca").path,
            ["--voms", "--short", "\(short)", directory.file("authority")])
    }

    package func file(_ name: String) -> String { path + "/" + name }
    package func proxy(_ name: String) -> String { file("proxies/\(name).pem") }

    package func environment(proxy name: String = "alice-rfc") -> [String: String] {
        [
            "X509_CERT_DIR": file("certificates"), "X509_USER_PROXY": proxy(name), "X509_VOMS_DIR": file("vomsdir"),
        ]
    }

    /// Puts a user's certificate on the revocation list.
    package func revoke(_ user: String) async throws {
        let configuration = ["-config", file("ca/openssl.cnf")]
        try await Self.run(
            "/usr/bin/openssl", ["ca"] + configuration + ["-revoke", file("users/\(user)/usercert.pem")])
        let names = try FileManager.default.contentsOfDirectory(atPath: file("certificates"))
        guard let list = names.first(where: { $0.hasSuffix(".r0") }) else {
            throw Failure(description: "no revocation list")
        }
        try await Self.run(
            "/usr/bin/openssl", ["ca"] + configuration + ["-gencrl", "-out", file("certificates/\(list)")])
    }

    private static func run(_ program: String, _ arguments: [String]) async throws {
        // Dozens of keys, while other tests have the processors.
        let outcome = try await Executable(path: program).run(arguments, seconds: 300)
        guard outcome.status == 0 else {
            throw Failure(description: "\(program): \(outcome.output)\(outcome.errors)")
        }
    }
}
