import Foundation
import NIOConcurrencyHelpers
import RLSTestSupport

/// The programs that the package builds, as a user runs them.
enum Program: String {
    case server = "rls-server"
    case cli = "rls-cli"
    case admin = "rls-admin"

    /// Beside the resources of the tests.
    var path: String { Bundle.module.bundleURL.deletingLastPathComponent().appendingPathComponent(rawValue).path }

    typealias Outcome = Executable.Outcome

    func run(_ arguments: [String], input: String = "", environment: [String: String] = [:]) async throws -> Outcome {
        try await Executable(path: path).run(arguments, input: input, environment: environment)
    }
}

/// Any program.
struct Executable: Sendable {
    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    let path: String

    /// Runs to its end; killed after a minute.
    func run(_ arguments: [String], input: String = "", environment: [String: String] = [:]) async throws -> Outcome {
        try await blocking { try runToEnd(arguments, input: input, environment: environment) }
    }

    private func runToEnd(_ arguments: [String], input: String, environment: [String: String]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (standardInput, output, errors) = (Pipe(), Collector(), Collector())
        process.standardInput = standardInput
        process.standardOutput = output.pipe
        process.standardError = errors.pipe
        try process.run()
        let watchdog = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + Patience.seconds(60), execute: watchdog)
        standardInput.fileHandleForWriting.write(Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        let texts = (output.text(), errors.text())
        process.waitUntilExit()
        watchdog.cancel()
        return Outcome(status: process.terminationStatus, output: texts.0, errors: texts.1)
    }
}

/// Takes what a process writes, on a thread of its own.
final class Collector: Sendable {
    let pipe = Pipe()
    private let bytes = NIOLockedValueBox(Data())
    private let finished = DispatchSemaphore(value: 0)
    private let grown = DispatchSemaphore(value: 0)

    init() {
        let thread = Thread { [self] in
            while true {
                let more = pipe.fileHandleForReading.availableData
                if more.isEmpty { break }
                bytes.withLockedValue { $0 += more }
                grown.signal()
            }
            grown.signal()
            finished.signal()
        }
        thread.start()
    }

    /// Everything, once the writer has closed its end.
    func text() -> String {
        try? pipe.fileHandleForWriting.close()
        finished.wait()
        return String(decoding: bytes.withLockedValue { $0 }, as: UTF8.self)
    }

    var soFar: String { String(decoding: bytes.withLockedValue { $0 }, as: UTF8.self) }

    /// Waits until what was written satisfies the condition.
    func wait(seconds: Double, until condition: @Sendable (String) -> Bool) -> Bool {
        let end = DispatchTime.now() + Patience.seconds(seconds)
        while !condition(soFar) {
            if grown.wait(timeout: end) == .timedOut { return condition(soFar) }
        }
        return true
    }
}
