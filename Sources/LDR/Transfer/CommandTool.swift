import NIOConcurrencyHelpers
import RLSCore

/// Any other program that fetches one file, such as xrdcp or gfal-copy; `concurrency` of them at a time.
///
/// Files are begun anew each time, for nobody knows how a program continues one.
package struct CommandTool: TransferTool {
    private let template: CommandTemplate

    package init(_ template: CommandTemplate) { self.template = template }

    package func run(
        _ requests: [TransferRequest], _ settings: TransferSettings,
        began: @escaping @Sendable (TransferRequest) -> Void,
        finished: @escaping @Sendable (TransferRequest, TransferOutcome) async -> Void
    ) async {
        await Deliveries.run(requests, began: began, finished: finished) { deliveries in
            await withDiscardingTaskGroup { group in
                let places = AsyncPlaces(settings.concurrency)
                for request in requests {
                    await places.take()
                    group.addTask {
                        if !Task.isCancelled, let outcome = await fetch(request, settings) {
                            deliveries.settle(request, outcome)
                        }
                        places.giveBack()
                    }
                }
            }
        }
    }

    private func fetch(_ request: TransferRequest, _ settings: TransferSettings) async -> TransferOutcome? {
        let begin = ContinuousClock.now
        FileCalls.remove(request.destination)
        do throws(TransferFailure) {
            // That no URL is taken for an option: it begins with a letter.
            let source = try SourceURL(request.source)
            // It would end the word that the program is given.
            if source.decodedPath.contains(0) { throw SourceURL.unsupported(request.source, "contains a NUL") }
            try await runProgram(request, settings)
            guard !Task.isCancelled else { return nil }
            let bytes = FileCalls.size(request.destination) ?? 0
            return .success(bytes: bytes, seconds: (ContinuousClock.now - begin) / .seconds(1))
        } catch {
            FileCalls.remove(request.destination)
            return Task.isCancelled ? nil : .failure(error)
        }
    }

    private func runProgram(_ request: TransferRequest, _ settings: TransferSettings) async throws(TransferFailure) {
        let watch = NIOLockedValueBox((SequenceWatch([request], settings), TransferFailure?.none))
        let (stop, throttle) = (StopFlag(), Throttle(settings.bandwidth))
        let process = ChildProcess(
            program: template.program, arguments: template.words(for: request),
            environment: settings.environment, throttle: throttle)
        let end = try await process.run(in: try Scratch(), stop) { _ in
            throttle.note { FileCalls.size(request.destination) ?? 0 }
            let verdict = watch.withLockedValue { state -> TransferFailure? in
                if state.1 == nil { state.1 = state.0.check(now: throttle.now) }
                return state.1
            }
            if verdict != nil { stop.set() }
        }
        if end.status != 0 {
            if let verdict = watch.withLockedValue({ $0.1 }) { throw verdict }
            let finding = FailureText.finding(end.errors, saysWho: false)
            let said = FailureText.summary(end.errors, status: end.status)
            throw TransferFailure(finding.kind, "\(template.program): \(said)", isOfSite: finding.isOfSite)
        }
        guard FileCalls.size(request.destination) != nil else {
            throw TransferFailure(.localError, "\(template.program) ended well and wrote no file: check the template")
        }
    }
}
