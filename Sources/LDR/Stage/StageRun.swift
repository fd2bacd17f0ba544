import RLSCore

/// One run of a stage command.
struct StageRun: Sendable {
    enum Answer: Sendable, Equatable {
        case readable
        /// Ask again.
        case notYet(String)
        case failed(TransferFailure)
    }

    let template: CommandTemplate
    let url: ByteString
    /// Bytes.
    let size: Int64
    /// Seconds.
    let patience: Int64
    /// As in `TransferSettings`.
    var owner: String?

    /// EX_TEMPFAIL of sysexits.h.
    private static let notYet: Int32 = 75

    /// Cancelled, it ends the program and says `interrupted`.
    func run() async -> Answer {
        let (stop, end) = (StopFlag(), ContinuousClock.now + .seconds(patience))
        var settings = TransferSettings()
        settings.owner = owner
        let process = ChildProcess(
            program: template.program, arguments: template.words(url: url, size: size),
            environment: settings.environment)
        do throws(TransferFailure) {
            let result = try await process.run(in: try Scratch(), stop) { _ in
                if ContinuousClock.now > end { stop.set() }
            }
            if Task.isCancelled { return .failed(TransferFailure(.interrupted, "stopped")) }
            return answer(result, isLate: stop.isSet)
        } catch {
            return .failed(error)
        }
    }

    private func answer(_ end: ChildProcess.End, isLate: Bool) -> Answer {
        let said = "\(template.program): \(FailureText.summary(end.errors, status: end.status))"
        switch end.status {
        case 0: return .readable
        case Self.notYet: return .notYet(said)
        case _ where isLate:
            return .failed(TransferFailure(.timedOut, "\(template.program): no answer within \(patience) s"))
        default: return .failed(TransferFailure(.other, said))
        }
    }
}
