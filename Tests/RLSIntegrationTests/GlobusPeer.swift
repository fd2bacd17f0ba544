import Foundation
import RLSTestSupport

/// Peers/globus-io-peer.c, compiled once with the machine's compiler and Globus libraries.
struct GlobusPeer: Sendable {
    static let shared = Task { try await GlobusPeer() }

    struct BuildFailure: Error, CustomStringConvertible {
        let description: String
    }

    let program: Executable
    private let directory: TemporaryDirectory

    private init() async throws {
        directory = try TemporaryDirectory()
        program = Executable(path: directory.file("globus-io-peer"))
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Peers/globus-io-peer.c").path
        let build = """
            cc -O1 -Wall -Wextra -Werror -o '\(program.path)' '\(source)' \
                $(pkg-config --cflags --libs globus-io globus-gssapi-gsi) -lglobus_common
            """
        let outcome = try await Executable(path: "/bin/sh").run(["-c", build])
        guard outcome.status == 0 else {
            throw BuildFailure(description: "is libglobus-io-dev installed? \(outcome.errors)")
        }
    }
}
