import NIOConcurrencyHelpers

/// How far a process of curl is with its files.
final class CurlProgress: Sendable {
    private struct State {
        /// By the number of the request.
        private(set) var open: [Int: CurlJob]
        /// Those that are being fetched: curl works in the order of its list.
        private(set) var active: [CurlJob] = []
        private var waiting: ArraySlice<CurlJob>
        private let concurrency: Int
        /// Those whose beginning is to be told.
        var begun: [CurlJob] = []
        var again: [CurlJob] = []
        /// The end of what has been read, without its line end yet.
        var line: [UInt8] = []
        var verdicts: [Int: TransferFailure] = [:]
        var growth: Growth
        /// Bytes of files that are done.
        var settled: Int64 = 0

        init(_ batch: [CurlJob], concurrency: Int) {
            open = Dictionary(batch.map { ($0.request.id, $0) }) { first, _ in first }
            (waiting, growth) = (batch[...], Growth())
            self.concurrency = concurrency
            activate()
        }

        mutating func close(_ id: Int) -> CurlJob? {
            guard let job = open.removeValue(forKey: id) else { return nil }
            active.removeAll { $0.request.id == id }
            activate()
            return job
        }

        private mutating func activate() {
            while active.count < concurrency, let next = waiting.popFirst() {
                if open[next.request.id] == nil { continue }
                active.append(next)
                begun.append(next)
            }
        }
    }

    /// curl watches each connection; this is for what it does not see.
    private struct Growth {
        var bytes: Int64 = 0
        var last = ContinuousClock.now
        var nextLook = ContinuousClock.now
    }

    let stop = StopFlag()
    let throttle: Throttle
    private let settings: TransferSettings
    private let deliveries: Deliveries
    private let box: NIOLockedValueBox<State>
    private static let longestLine = 8192

    init(_ batch: [CurlJob], _ settings: TransferSettings, _ deliveries: Deliveries) {
        self.settings = settings
        self.deliveries = deliveries
        throttle = Throttle(settings.bandwidth)
        box = NIOLockedValueBox(State(batch, concurrency: CurlConfiguration.concurrency(settings)))
    }

    func tick(_ more: ArraySlice<UInt8>) {
        let reports = box.withLockedValue { state in
            state.line += more
            return Self.takeLines(&state.line).compactMap { CurlReport($0) }
        }
        for report in reports { settle(report) }
        for job in box.withLockedValue({ exchange(&$0.begun, with: []) }) { deliveries.began(job.request) }
        throttle.note { arrived }
        if box.withLockedValue({ look(&$0, throttle.now) }) { stop.set() }
    }

    private var arrived: Int64 {
        box.withLockedValue { $0.settled + $0.active.reduce(0) { $0 + Self.bytes($1) } }
    }

    private static func bytes(_ job: CurlJob) -> Int64 {
        max(0, (FileCalls.size(job.request.destination) ?? 0) - job.offset)
    }

    private static func takeLines(_ buffer: inout [UInt8]) -> [Substring] {
        guard let end = buffer.lastIndex(of: UInt8(ascii: "\n")) else {
            if buffer.count > longestLine { buffer = [] }
            return []
        }
        defer { buffer.removeFirst(end + 1) }
        return String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\n")
    }

    private func settle(_ report: CurlReport) {
        guard let job = box.withLockedValue({ $0.close(report.id) }) else { return }
        if job.offset > 0, report.refusesRange {
            Self.forget(job.request)
            let new = CurlJob(request: job.request, url: job.url, offset: 0)
            return box.withLockedValue { $0.again.append(new) }
        }
        let outcome = report.outcome(job.request).within(throttle)
        box.withLockedValue { $0.settled += Self.bytes(job) }
        if let kind = outcome.failure?.kind { PartialFile.cleanUp(job.request, kind, settings) }
        deliveries.settle(job.request, Self.withEmptyFile(job.request, outcome))
    }

    /// curl makes no file when there is nothing to write.
    private static func withEmptyFile(_ request: TransferRequest, _ outcome: TransferOutcome) -> TransferOutcome {
        guard outcome.failure == nil, !FileCalls.exists(request.destination) else { return outcome }
        return FileCalls.makeEmpty(request.destination).map { .failure($0) } ?? outcome
    }

    private static func forget(_ request: TransferRequest) { FileCalls.remove(request.destination) }

    /// - Returns: whether the process should be ended, for a file that never ends or for want of any growth
    private func look(_ state: inout State, _ now: ContinuousClock.Instant) -> Bool {
        guard now >= state.growth.nextLook, !stop.isSet else { return false }
        state.growth.nextLook = now + .milliseconds(500)
        var bytes: Int64 = 0
        for job in state.active {
            let size = FileCalls.size(job.request.destination) ?? 0
            bytes += size
            guard size > job.request.expected.size else { continue }
            state.verdicts[job.request.id] = TransferFailure(
                .sizeDiffers, "more than the \(job.request.expected.size) bytes that were expected were sent")
        }
        if bytes != state.growth.bytes { (state.growth.bytes, state.growth.last) = (bytes, now) }
        guard state.verdicts.isEmpty else { return true }
        let patience = settings.connectSeconds + settings.stallSeconds + 10
        guard now - state.growth.last > .seconds(patience) else { return false }
        for id in state.open.keys {
            state.verdicts[id] = TransferFailure(.timedOut, "no progress for \(Int(patience)) s")
        }
        return true
    }

    /// Those that the process left when it was ended or ended by itself, without those for whose sake it was.
    func rest(_ end: ChildProcess.End, _ program: String) -> [CurlJob] {
        let (open, again, verdicts) = box.withLockedValue { ($0.open, $0.again, $0.verdicts) }
        for (id, failure) in verdicts {
            guard let job = open[id] else { continue }
            PartialFile.cleanUp(job.request, failure.kind, settings)
            deliveries.settle(job.request, .failure(failure))
        }
        let left = open.filter { verdicts[$0.key] == nil }.values.sorted { $0.request.id < $1.request.id }
        guard verdicts.isEmpty else {
            var openElsewhere = OpenFiles()
            return again + left.compactMap { CurlJob.prepare($0.request, settings, deliveries, &openElsewhere) }
        }
        let said = FailureText.summary(end.errors, status: end.status)
        deliveries.fail(left.map(\.request), TransferFailure(.localError, "\(program): \(said)"))
        return again
    }
}

extension TransferOutcome {
    /// curl counts the time in which it was stopped.
    fileprivate func within(_ throttle: Throttle) -> TransferOutcome {
        guard case .success(let bytes, let seconds) = self else { return self }
        return .success(bytes: bytes, seconds: throttle.running(seconds))
    }
}
