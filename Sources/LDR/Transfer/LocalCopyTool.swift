import Glibc
import RLSCore

/// `file:` URLs of this machine, copied within the kernel by a few threads.
///
/// Only regular files are read, and no symbolic link is followed in the last place of a path. A thread that waits for
/// a file server in trouble waits until that answers: there is no time limit.
package struct LocalCopyTool: TransferTool {
    private let threads: FileThreads

    /// - Parameter threads: used by nothing that waits for these copies
    package init(threads: FileThreads = FileThreads(4)) { self.threads = threads }

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
                        let outcome = await threads.run { isCancelled in
                            Self.outcome(request, Pace(settings.bandwidth), began, isCancelled)
                        }
                        if let outcome { deliveries.settle(request, outcome) }
                        places.giveBack()
                    }
                }
            }
        }
    }

    private static func outcome(
        _ request: TransferRequest, _ pace: Pace, _ began: (TransferRequest) -> Void, _ isCancelled: () -> Bool
    ) -> TransferOutcome {
        let begin = ContinuousClock.now
        do throws(TransferFailure) {
            let bytes = try copy(request, pace, began, isCancelled)
            return .success(bytes: bytes, seconds: (ContinuousClock.now - begin) / .seconds(1))
        } catch {
            FileCalls.remove(request.destination)
            return .failure(error)
        }
    }

    private static func copy(
        _ request: TransferRequest, _ pace: Pace, _ began: (TransferRequest) -> Void, _ isCancelled: () -> Bool
    ) throws(TransferFailure) -> Int64 {
        let url = try SourceURL(request.source)
        guard url.scheme == "file", ["", "localhost"].contains(url.authority.lowercased()) else {
            throw SourceURL.unsupported(request.source, "is no file of this machine")
        }
        let path = url.decodedPath
        guard !path.contains(0) else { throw SourceURL.unsupported(request.source, "has a NUL in its name") }
        let source = try openSource(path.map { CChar(bitPattern: $0) } + [0], request)
        defer { close(source) }
        FileCalls.remove(request.destination)
        let destination = open(request.destination, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard destination >= 0 else { throw FileCalls.failure(request.destination, errno) }
        defer { close(destination) }
        began(request)
        return try move(source, destination, request, pace, isCancelled)
    }

    private static func openSource(_ path: [CChar], _ request: TransferRequest) throws(TransferFailure) -> Int32 {
        let source = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY)
        guard source >= 0 else {
            let kind: TransferFailure.Kind =
                switch errno {
                case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: .sourceMissing
                case EACCES, EPERM: .sourceRefused
                default: .localError
                }
            throw TransferFailure(kind, "\(request.source): \(FileCalls.lastError)")
        }
        var status = stat()
        guard fstat(source, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(source)
            throw TransferFailure(.sourceMissing, "\(request.source): is no regular file")
        }
        guard Int64(status.st_size) == request.expected.size else {
            close(source)
            throw TransferFailure(
                .sizeDiffers, "\(request.source): has \(status.st_size) bytes, not \(request.expected.size)")
        }
        return source
    }

    private static let block = 8 << 20

    private static func move(
        _ source: Int32, _ destination: Int32, _ request: TransferRequest, _ pace: Pace, _ isCancelled: () -> Bool
    ) throws(TransferFailure) -> Int64 {
        var bytes: Int64 = 0
        while bytes < request.expected.size {
            guard !isCancelled() else { throw TransferFailure(.interrupted, "the copy was stopped") }
            if pace.mustWait() { continue }
            let count = sendfile(destination, source, nil, pace.step(atMost: block))
            if count > 0 {
                bytes += Int64(count)
                pace.gate?.charge(Int64(count))
            } else if count == 0 {
                break
            } else if errno != EINTR && errno != EAGAIN {
                throw FileCalls.failure("\(request.source) to \(request.destination)", errno)
            }
        }
        return bytes
    }
}

/// Keeps to what the site may take.
private struct Pace: Sendable {
    let gate: BandwidthGate?

    init(_ gate: BandwidthGate?) { self.gate = gate }

    /// Short enough that waiting ends soon.
    func step(atMost limit: Int) -> Int {
        gate?.rate.map { max(4096, Int(min(Int64(limit), $0 / 8))) } ?? limit
    }

    /// Sleeps for a while when nothing may come, so that a cancellation is seen soon.
    func mustWait() -> Bool {
        guard let pause = gate?.pause(), pause > .zero else { return false }
        usleep(UInt32(min(pause / .microseconds(1), 100_000)))
        return true
    }
}
