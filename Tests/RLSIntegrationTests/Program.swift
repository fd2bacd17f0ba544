import Foundation
import RLSTestSupport

/// The programs that the package builds, as a user runs them.
enum Program: String {
    case server = "rls-server"
    case cli = "rls-cli"
    case admin = "rls-admin"
    case ldr

    typealias Outcome = Executable.Outcome

    /// Beside the resources of the tests.
    var executable: Executable {
        Executable(path: Bundle.module.bundleURL.deletingLastPathComponent().appendingPathComponent(rawValue).path)
    }

    func run(_ arguments: [String], input: String = "", environment: [String: String] = [:]) async throws -> Outcome {
        try await executable.run(arguments, input: input, environment: environment)
    }
}
