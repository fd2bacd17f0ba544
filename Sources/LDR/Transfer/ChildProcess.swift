import Glibc
import NIOConcurrencyHelpers
import Subprocess
import SystemPackage

/// A program that moves files: in a process group of its own, with what it says in a file, ended when it should be.
struct ChildProcess: Sendable {
    let program: String
    let arguments: [[UInt8]]
    var input: [UInt8] = []
    var environment: [String: String] = [:]
    /// The Debian package that it is in, if it is known.
    var package: String?
    /// Keeps it within the site's bandwidth.
    var throttle = Throttle(nil)

    struct End: Sendable {
        /// As a shell says it: 128 and the number of a signal that ended it.
        let status: Int32
        /// The last of what it wrote to standard error.
        let errors: String
    }

    /// How long the program and its helpers have from SIGTERM to SIGKILL.
    static let grace = Duration.seconds(5)
    private static let outputLimit: Int64 = 64 << 20
    private static let keptErrors = 64 << 10

    /// Runs to the end, or until it is told to stop.
    ///
    /// - Parameters:
    ///   - scratch: gets the file of its standard error
    ///   - stop: set by whoever wants it to end
    ///   - tick: called now and then with what was written to standard error since
    /// - Throws: `localError` when it cannot be started
    func run(
        in scratch: Scratch, _ stop: StopFlag, tick: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) async throws(TransferFailure) -> End {
        // Not within the caller's task: its cancellation would cut short what has to be waited for.
        let task = Task { () -> Result<End, TransferFailure> in
            do throws(TransferFailure) {
                return .success(try await start(scratch, stop, tick))
            } catch {
                return .failure(error)
            }
        }
        return try await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            stop.set()
        }.get()
    }

    private func start(
        _ scratch: Scratch, _ stop: StopFlag, _ tick: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) async throws(TransferFailure) -> End {
        // Files, not pipes: nobody has to read along, and a program that ends before it has read all does no harm.
        try scratch.write(input, to: .input)
        try scratch.write([], to: .errors)
        await throttle.wait(unless: stop)
        let path = scratch.file(.errors)
        let kept = NIOLockedValueBox<[UInt8]>([])
        do {
            let status = try await run(scratch) { process in
                var errors = GrowingText(path: path)
                await watch(process, stop) {
                    let more = errors.more()
                    tick(more[...])
                    kept.withLockedValue { $0 = ($0 + more).suffix(Self.keptErrors) }
                    if FileCalls.size(path) ?? 0 > Self.outputLimit { stop.set() }
                }
            }
            return End(status: status, errors: String(decoding: kept.withLockedValue { $0 }, as: UTF8.self))
        } catch {
            let advice = package.map { ": is the package \($0) installed?" } ?? ""
            throw TransferFailure(.localError, "cannot start \(program): \(error)\(advice)", isOfSite: true)
        }
    }

    private func run(_ scratch: Scratch, _ body: (pid_t) async -> Void) async throws -> Int32 {
        var options = PlatformOptions()
        options.processGroupID = 0
        // What they say is parsed: in English.
        let all = environment.merging(["LC_ALL": "C"]) { $1 }
        let overrides = all.map { (Environment.Key(stringLiteral: $0), $1 as String?) }
        let configuration = Configuration(
            executable: ProgramPath.find(program).map { .path(FilePath($0)) } ?? .name(program),
            // They are taken for strings of C.
            arguments: Arguments(arguments.map { $0 + [0] }),
            environment: .inherit.updating(Dictionary(overrides) { $1 }), platformOptions: options)
        let input = try FileDescriptor.open(scratch.file(.input), .readOnly, options: .closeOnExec)
        let errors: FileDescriptor
        do {
            errors = try FileDescriptor.open(scratch.file(.errors), .writeOnly, options: [.append, .closeOnExec])
        } catch {
            try? input.close()
            throw error
        }
        let result = try await Subprocess.run(
            configuration, input: .fileDescriptor(input, closeAfterSpawningProcess: true), output: .discarded,
            error: .fileDescriptor(errors, closeAfterSpawningProcess: true)
        ) { await body($0.processIdentifier.value) }
        switch result.terminationStatus {
        case .exited(let code): return code
        case .signaled(let number): return 128 + number
        }
    }

    /// Until the process has ended. It is not reaped before this returns: the numbers of it and its group stay theirs.
    private func watch(_ process: pid_t, _ stop: StopFlag, tick: () -> Void) async {
        let begin = ContinuousClock.now
        var asked: ContinuousClock.Instant?
        while !Self.hasEnded(process) {
            tick()
            let now = ContinuousClock.now
            if let asked, now - asked > Self.grace {
                kill(-process, SIGKILL)
            } else if asked == nil, stop.isSet {
                asked = now
                kill(-process, SIGTERM)
                throttle.release(process)
            } else if asked == nil {
                throttle.step(process)
            }
            // Small files are over soon, large ones are not.
            let usual = Duration.milliseconds(now - begin < .seconds(2) ? 10 : 100)
            try? await Task.sleep(for: throttle.interval ?? usual)
        }
        // Helpers that it left behind.
        kill(-process, SIGKILL)
        tick()
    }

    private static func hasEnded(_ process: pid_t) -> Bool {
        var information = siginfo_t()
        let result = waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
        return result != 0 ? errno == ECHILD : information.si_signo != 0
    }
}

/// Tells a process to end, from anywhere.
struct StopFlag: Sendable {
    private let flag = NIOLockedValueBox(false)

    var isSet: Bool { flag.withLockedValue { $0 } }
    func set() { flag.withLockedValue { $0 = true } }
}
