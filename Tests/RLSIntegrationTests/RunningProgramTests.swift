import Foundation
import RLSTestSupport
import Testing

/// What the other tests expect of the programs that they start.
@Suite struct RunningProgramTests {
    private func shell(_ script: String, input: String = "", user: String? = nil, seconds: Double = 60)
        async throws -> Executable.Outcome
    {
        try await Executable(path: "/bin/sh", user: user)
            .run(["-c", script], input: input, environment: ["GREETING": "hello"], seconds: seconds)
    }

    @Test func streamsAndStatus() async throws {
        let outcome = try await shell("cat; printf $GREETING >&2; exit 3", input: "input")
        #expect(outcome.status == 3)
        #expect(outcome.output == "input")
        #expect(outcome.errors == "hello")
    }

    /// More than any pipe holds, on both streams.
    @Test func muchOutput() async throws {
        let outcome = try await shell("head -c 2000000 /dev/zero; head -c 1000000 /dev/zero >&2")
        #expect(outcome.output.utf8.count == 2_000_000)
        #expect(outcome.errors.utf8.count == 1_000_000)
    }

    @Test func inheritsNoDescriptors() async throws {
        let own = open("/dev/null", O_RDONLY)
        defer { close(own) }
        // `ls` has the directory open.
        #expect(try await Executable(path: "/bin/ls").run(["/proc/self/fd"]).output == "0\n1\n2\n3\n")
    }

    @Test func isKilledForTakingTooLong() async throws {
        #expect(try await shell("exec sleep 1000", seconds: 0.1).status == 128 + SIGKILL)
    }

    @Test func takesSignals() async throws {
        let program = try await Executable(path: "/bin/sleep").start(["1000"])
        program.signal(SIGTERM)
        #expect(try await program.end() == 128 + SIGTERM)
    }

    @Test func endsWithItsOwner() async throws {
        var program: RunningProgram? = try await Executable(path: "/bin/sleep").start(["1000"])
        let process = try #require(program?.process)
        #expect(kill(process, 0) == 0)
        program = nil
        // A process that ended but was not reaped could still be signalled.
        #expect(try await eventually { kill(process, 0) == -1 })
    }

    @Test func noSuchProgram() async throws {
        await #expect(throws: (any Error).self) { try await Executable(path: "/nonexistent").run([]) }
    }

    /// Only root can be another; everybody else stays who they are.
    @Test func asAnotherUser() async throws {
        let isRoot = getuid() == 0
        let outcome = try await shell("id -un; echo to a file >&2", user: isRoot ? "daemon" : nil)
        let own = try await shell("id -un")
        #expect(outcome.output == (isRoot ? "daemon\n" : own.output))
        #expect(outcome.errors == "to a file\n")
    }

    @Test func hundredsAtATime() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<300 {
                group.addTask {
                    let outcome = try await shell("echo \(number)")
                    #expect(outcome.output == "\(number)\n")
                }
            }
            try await group.waitForAll()
        }
    }
}
