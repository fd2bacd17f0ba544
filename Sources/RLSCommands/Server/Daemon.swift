import ArgumentParser
import Foundation

/// Starts this program again in the background, in a session of its own.
enum Daemon {
    /// glibc's POSIX_SPAWN_SETSID, which only its GNU headers show.
    private static let newSession: Int16 = 0x80

    /// Returns when the child has begun; what goes wrong later is in its log.
    static func detach(logFile: String?) throws {
        let log = logFile ?? DataDirectory.path + "/rls-server.log"
        let directory = URL(fileURLWithPath: log).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let child = try spawn(CommandLine.arguments + ["-d"], log: log)
        // A wrong configuration ends the child at once: say so here, where the operator looks.
        for _ in 0..<20 {
            var status: Int32 = 0
            if waitpid(child, &status, WNOHANG) == child {
                print("rls-server ended at once; its log \(log) says why")
                // Killed by a signal: no status of its own.
                throw ExitCode(status & 0x7f == 0 ? (status >> 8) & 0xff : 1)
            }
            usleep(25_000)
        }
        print("rls-server runs as process \(child), log \(log)")
    }

    private static func spawn(_ arguments: [String], log: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0o640)
        keepDescriptorsToOurselves()
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, newSession)
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child = pid_t()
        let code = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, &words, environ)
        guard code == 0 else {
            throw ValidationError("cannot start in the background: \(String(cString: strerror(code)))")
        }
        return child
    }

    /// Whoever started us may wait for the end of a pipe that we hold: the child must not hold it on.
    private static func keepDescriptorsToOurselves() {
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for descriptor in open.compactMap(Int32.init) where descriptor > 2 {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }
}
