import Foundation
import NIOConcurrencyHelpers
import Subprocess
import SystemPackage

/// A program beside a test. It ends with the value that owns it. What it writes goes to files, however much it is: nobody
/// has to read along.
package final class RunningProgram: Sendable {
    package let process: pid_t
    private let files: TemporaryDirectory
    /// How long the program may go on. Before that is told the process is not reaped, and keeps its number.
    private let limit: AsyncStream<Duration>.Continuation
    /// Whether `process` may have become the number of another.
    private let isReleased = NIOLockedValueBox(false)
    private let ending: Task<TerminationStatus, any Error>

    init(
        _ program: Executable, _ arguments: [String], input: String, environment: [String: String]
    ) async throws {
        files = try TemporaryDirectory()
        try files.write(input, to: "input")
        let launch = Launch(program, arguments, environment: environment, files: files)
        let (limits, limit) = AsyncStream<Duration>.makeStream()
        let (processes, started) = AsyncStream<pid_t>.makeStream()
        self.limit = limit
        ending = Task {
            defer { started.finish() }
            return try await launch.run(limits) { started.yield($0) }
        }
        guard let process = await processes.first(where: { _ in true }) else {
            limit.finish()
            throw Failure(description: "\(program.path): \(await ending.result)")
        }
        self.process = process
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// At once, for a task that would do it may not run before the tests exit.
    deinit {
        signal(SIGKILL)
        limit.finish()
    }

    package var output: String { files.text("output") }
    package var errors: String { files.text("errors") }

    /// Nothing once the end is waited for.
    package func signal(_ number: Int32) {
        isReleased.withLockedValue { if !$0 { kill(process, number) } }
    }

    /// Or its end is waited for.
    package var hasEnded: Bool {
        isReleased.withLockedValue { isReleased in
            var information = siginfo_t()
            return isReleased || waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) != 0
                || information.si_signo != 0
        }
    }

    /// Waits until it ends by itself or is killed for taking too long.
    ///
    /// - Returns: exit status; as in a shell 128 and the number of the signal that ended it
    package func end(seconds: Double = 60) async throws -> Int32 {
        isReleased.withLockedValue { $0 = true }
        limit.yield(.seconds(Patience.seconds(seconds)))
        switch try await ending.value {
        case .exited(let code): return code
        case .signaled(let number): return 128 + number
        }
    }

    /// Waits until what was written to standard error satisfies the condition.
    package func waitForErrors(seconds: Double, until condition: (String) -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(Patience.seconds(seconds))
        while !condition(errors) {
            guard ContinuousClock.now < end else { return false }
            try await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}

/// How a program is started, with its standard streams on files.
private struct Launch: Sendable {
    let configuration: Configuration
    let files: TemporaryDirectory

    init(_ program: Executable, _ arguments: [String], environment: [String: String], files: TemporaryDirectory) {
        let all = Executable.inheritedEnvironment.merging(environment) { $1 }
        configuration = Configuration(
            executable: .path(FilePath(program.launcher[0])),
            arguments: Arguments(program.launcher.dropFirst() + arguments),
            environment: .custom(
                Dictionary(uniqueKeysWithValues: all.map { (Environment.Key(stringLiteral: $0), $1) })))
        self.files = files
    }

    func run(
        _ limits: AsyncStream<Duration>, started: @Sendable (pid_t) -> Void
    ) async throws -> TerminationStatus {
        let input = try FileDescriptor.open(files.file("input"), .readOnly, options: .closeOnExec)
        let (output, errors) = (try create("output"), try create("errors"))
        return try await Subprocess.run(
            configuration, input: .fileDescriptor(input, closeAfterSpawningProcess: true),
            output: .fileDescriptor(output, closeAfterSpawningProcess: true),
            error: .fileDescriptor(errors, closeAfterSpawningProcess: true)
        ) { execution in
            started(execution.processIdentifier.value)
            let limit = await limits.first { _ in true } ?? .zero
            // Signal 0 does nothing; after the last step comes SIGKILL, unless the process has ended by then.
            let step = TeardownStep.send(signal: Signal(rawValue: 0), allowedDurationToNextStep: limit)
            await execution.teardown(using: [step])
        }.terminationStatus
    }

    private func create(_ name: String) throws -> FileDescriptor {
        try .open(
            files.file(name), .writeOnly, options: [.create, .append, .closeOnExec], permissions: .ownerReadWrite)
    }
}
