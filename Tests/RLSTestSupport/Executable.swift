import Foundation

/// A program that tests start.
package struct Executable: Sendable {
    package struct Outcome: Sendable {
        /// As a shell says it: 128 and the number of a signal that ended it.
        package let status: Int32
        package let output: String
        package let errors: String
    }

    package let path: String
    /// Whom it runs as, if not as the tests do: for programs that refuse root.
    package let user: String?

    package init(path: String, user: String? = nil) {
        self.path = path
        self.user = user
    }

    /// Changing the user between fork and exec would wait for threads that the child has not.
    var launcher: [String] {
        guard let user else { return [path] }
        return ["/usr/bin/setpriv", "--reuid", user, "--regid", user, "--clear-groups", path]
    }

    /// What programs are given beside their own. Read once: `TestAuthority` changes it while others would read. Nothing of
    /// what that sets, which tests that need it give themselves.
    static let inheritedEnvironment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("X509_") }

    package func start(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) async throws -> RunningProgram {
        try await RunningProgram(self, arguments, input: input, environment: environment)
    }

    /// Runs to its end, or until it is killed for taking too long.
    package func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], seconds: Double = 60
    ) async throws -> Outcome {
        let program = try await start(arguments, input: input, environment: environment)
        let status = try await program.end(seconds: seconds)
        return Outcome(status: status, output: program.output, errors: program.errors)
    }
}
