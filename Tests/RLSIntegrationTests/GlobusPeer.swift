import Foundation
import RLSTestSupport

/// Peers/globus-io-peer.c, compiled once with the machine's compiler and Globus libraries.
enum GlobusPeer {
    static let shared = Task { () async throws -> Executable in
        let directory = try TemporaryDirectory()
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Peers/globus-io-peer.c").path
        let program = directory.file("globus-io-peer")
        let build = """
            cc -O1 -Wall -Wextra -Werror -o '\(program)' '\(source)' \
                $(pkg-config --cflags --libs globus-io globus-gssapi-gsi) -lglobus_common
            """
        let outcome = try await Executable(path: "/bin/sh").run(["-c", build])
        guard outcome.status == 0 else {
            throw BuildFailure(description: "is libglobus-io-dev installed? \(outcome.errors)")
        }
        keeper.keep(directory)
        return Executable(path: program)
    }

    struct BuildFailure: Error, CustomStringConvertible {
        let description: String
    }

    private static let keeper = Keeper()

    /// The program is needed until the tests end.
    private final class Keeper: @unchecked Sendable {
        private let lock = NSLock()
        private var directory: TemporaryDirectory?

        func keep(_ directory: TemporaryDirectory) { lock.withLock { self.directory = directory } }
    }
}
