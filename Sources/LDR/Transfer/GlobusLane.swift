import Glibc
import NIOConcurrencyHelpers
import RLSCore

/// One connection to a source after the other.
struct GlobusLane: Sendable {
    let program: String
    let settings: TransferSettings
    let queue: GlobusQueue
    let deliveries: Deliveries

    /// After so many files in a row without an end the source is given up.
    private static let mostTimeouts = 2

    func run() async {
        var timeouts = 0
        while !Task.isCancelled, case let batch = queue.next(), !batch.isEmpty {
            guard let failure = await fetch(batch) else { continue }
            timeouts = failure.kind == .timedOut ? timeouts + 1 : 0
            if failure.isForSource || timeouts >= Self.mostTimeouts {
                let rest = TransferFailure(
                    failure.kind, "not tried: \(failure.message)", isOfSite: failure.isOfSite)
                deliveries.fail(queue.takeAll().map(\.request), rest)
            }
        }
    }

    struct Failed {
        let kind: TransferFailure.Kind
        let message: String
        let isForSource: Bool
        /// As in `TransferFailure`.
        var isOfSite = false
    }

    /// - Returns: why it ended before all were fetched; those that were not tried are back in the queue
    private func fetch(_ batch: [GlobusJob]) async -> Failed? {
        let progress = GlobusProgress(batch, settings, deliveries)
        do throws(TransferFailure) {
            let scratch = try Scratch()
            var process = try command(batch, scratch)
            process.throttle = progress.throttle
            let end = try await process.run(in: scratch, progress.stop) { _ in progress.tick() }
            if end.status == 0 {
                progress.complete(batch.indices)
                return nil
            }
            return settle(batch, progress, end, GlobusDump(path: scratch.file(.dump)))
        } catch {
            deliveries.fail(batch.map(\.request), error)
            return Failed(kind: error.kind, message: error.message, isForSource: true, isOfSite: error.isOfSite)
        }
    }

    private func settle(
        _ batch: [GlobusJob], _ progress: GlobusProgress, _ end: ChildProcess.End, _ dump: GlobusDump
    ) -> Failed? {
        let (current, verdict) = progress.state
        var failed = current
        var waiting = Array(batch.indices.dropFirst(current + 1))
        // It writes what it has not fetched when it ends by itself, the one that failed last.
        if verdict == nil, end.status < 128, let left = dump.left(of: batch), let last = left.last {
            failed = last
            waiting = left.dropLast().sorted()
        }
        let open = Set(waiting + [failed])
        progress.complete(batch.indices.filter { !open.contains($0) })
        guard !Task.isCancelled else { return nil }
        let failure = verdict.map { Failed(kind: $0.kind, message: $0.message, isForSource: false) } ?? said(end)
        let outcome = TransferFailure(failure.kind, failure.message, isOfSite: failure.isOfSite)
        deliveries.settle(batch[failed].request, .failure(outcome))
        PartialFile.cleanUp(batch[failed].request, failure.kind, settings)
        queue.putBack(waiting.map { batch[$0] })
        return failure
    }

    private func said(_ end: ChildProcess.End) -> Failed {
        let finding = FailureText.finding(end.errors, saysWho: true)
        let message = "\(program): \(FailureText.summary(end.errors, status: end.status))"
        return Failed(
            kind: finding.kind, message: message, isForSource: finding.isForSource, isOfSite: finding.isOfSite)
    }

    private func command(_ batch: [GlobusJob], _ scratch: Scratch) throws(TransferFailure) -> ChildProcess {
        var words = options
        // That a file is there says that the program has come so far.
        for job in batch where job.wasListed && job.offset == 0 { unlink(job.request.destination) }
        if batch.count == 1, let job = batch.first, job.isSingle {
            if job.offset > 0 { words += ["-off", "\(job.offset)"] }
            words += [job.source, job.destination]
        } else {
            try scratch.write(batch.flatMap { Array($0.listLine.utf8) }, to: .list)
            words += ["-f", scratch.file(.list), "-df", scratch.file(.dump)]
        }
        return ChildProcess(
            program: program, arguments: words.map { Array($0.utf8) }, environment: settings.environment,
            package: "globus-gass-copy-progs")
    }

    private var options: [String] {
        var words = ["-q"]
        if settings.reusesDataChannels { words.append("-fast") }
        if settings.streams > 1 { words += ["-p", "\(settings.streams)"] }
        if let bytes = settings.tcpBuffer { words += ["-tcp-bs", "\(bytes)"] }
        if settings.pipelines { words.append("-pp") }
        switch settings.dataChannel {
        case .clear: words.append("-nodcau")
        case .authenticated: break
        case .safe: words.append("-dcsafe")
        case .private: words.append("-dcpriv")
        }
        return words
    }
}

extension TransferSettings {
    /// Of programs: what those read that use certificates, and whose they are.
    var environment: [String: String] {
        var variables: [String: String] = [:]
        variables[Survivors.variable] = owner
        variables["X509_USER_PROXY"] = proxy
        variables["X509_CERT_DIR"] = authorities
        return variables
    }
}

/// How far a process is with its list.
private final class GlobusProgress: Sendable {
    private struct State {
        var watch: SequenceWatch
        var completed = 0
        /// Files whose beginning has been told.
        var begun = 0
        var verdict: TransferFailure?
        var last = ContinuousClock.now
    }

    let stop = StopFlag()
    let throttle: Throttle
    private let batch: [GlobusJob]
    private let settings: TransferSettings
    private let deliveries: Deliveries
    private let box: NIOLockedValueBox<State>

    init(_ batch: [GlobusJob], _ settings: TransferSettings, _ deliveries: Deliveries) {
        self.batch = batch
        self.settings = settings
        self.deliveries = deliveries
        throttle = Throttle(settings.bandwidth)
        box = NIOLockedValueBox(State(watch: SequenceWatch(batch.map(\.request), settings)))
    }

    var state: (current: Int, verdict: TransferFailure?) { box.withLockedValue { ($0.watch.current, $0.verdict) } }

    func tick() {
        let (current, verdict, begun) = box.withLockedValue { state -> (Int, TransferFailure?, Range<Int>) in
            let verdict = state.watch.check(now: throttle.now)
            if state.verdict == nil { state.verdict = verdict }
            defer { state.begun = state.watch.current + 1 }
            return (state.watch.current, verdict, state.begun..<state.watch.current + 1)
        }
        if verdict != nil { stop.set() }
        // Several streams write here and there.
        if settings.streams == 1 { for index in begun { deliveries.began(batch[index].request) } }
        throttle.note { arrived(current) }
        // Files that are asked for ahead may exist before the one ahead of them is complete.
        if !settings.pipelines { complete(0..<current) }
    }

    /// Bytes of the files before, and of the current one.
    private func arrived(_ current: Int) -> Int64 {
        let whole = batch.prefix(current).reduce(Int64(0)) {
            $0.saturated(adding: $1.request.expected.size - $1.offset)
        }
        let (job, status) = (batch[current], FileCalls.status(batch[current].request.destination))
        let size = Int64(status?.st_size ?? 0)
        // Several streams write far ahead of what is there.
        let written = settings.streams > 1 ? min(size, 512 * Int64(status?.st_blocks ?? 0)) : size
        return whole.saturated(adding: max(0, written - job.offset))
    }

    /// The time since the last ones is theirs.
    func complete(_ indices: some Collection<Int>) {
        let now = throttle.now
        let (fresh, seconds) = box.withLockedValue { state -> ([Int], Double) in
            let fresh = indices.filter { $0 >= state.completed }
            guard !fresh.isEmpty else { return ([], 0) }
            defer { state.last = now }
            if let last = fresh.last, fresh.count == last + 1 - state.completed { state.completed = last + 1 }
            return (fresh, (now - state.last) / .seconds(1) / Double(fresh.count))
        }
        for index in fresh {
            let size = FileCalls.size(batch[index].request.destination) ?? 0
            deliveries.settle(
                batch[index].request, .success(bytes: max(0, size - batch[index].offset), seconds: seconds))
        }
    }
}

/// What globus-url-copy says it has not fetched (`-df`).
private struct GlobusDump {
    private let destinations: [String]

    init(path: String) {
        var text = GrowingText(path: path)
        var bytes: [UInt8] = []
        while case let more = text.more(), !more.isEmpty { bytes += more }
        destinations = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: "\"")
            return words.count == 3 ? String(words[2]) : nil
        }
    }

    /// nil unless all that it says is of these.
    func left(of batch: [GlobusJob]) -> [Int]? {
        let places = Dictionary(batch.indices.map { (batch[$0].destination, $0) }) { first, _ in first }
        let found = destinations.compactMap { places[$0] }
        return found.isEmpty || found.count != destinations.count ? nil : found
    }
}
