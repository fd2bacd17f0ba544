import Glibc
import NIOConcurrencyHelpers

/// Digests large files while they come, so that little of them is left to read when they are complete.
package final class GrowingFiles: Sendable {
    /// Bytes of a file for which it is worth it.
    private static let least: Int64 = 32 << 20
    /// Files at a time: each has an open descriptor and a buffer. Others are read when they are complete.
    private static let most = 32
    /// Bytes of each file before the next one has its turn.
    private static let turn: Int64 = 16 << 20
    /// While none has so much.
    private static let pause: useconds_t = 10_000

    private struct State {
        /// By the number of the request.
        var files: [Int: GrowingFile] = [:]
        var isRunning = false
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    /// From now on, and from the beginning of the file.
    ///
    /// - Parameter request: of a file that is written from its beginning to its end, or continued so
    func follow(_ request: TransferRequest) {
        guard request.expected.size >= Self.least, let kind = request.expected.checksums.strongest else { return }
        let file = GrowingFile(path: request.destination, size: request.expected.size, kinds: [kind])
        let isFirst = state.withLockedValue { state in
            if state.files.count >= Self.most && state.files[request.id] == nil { return false }
            state.files[request.id] = file
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if isFirst { Task { await FileThreads(1).run { [self] _ in run() } } }
    }

    /// Bytes that have been read of those that are followed now.
    var bytes: Int64 { state.withLockedValue { Array($0.files.values) }.reduce(0) { $0 + $1.count } }

    /// Files that are followed.
    var count: Int { state.withLockedValue { $0.files.count } }

    /// What has been read of a request's file, which is no longer followed.
    func take(_ request: TransferRequest) -> GrowingFile? {
        state.withLockedValue { $0.files.removeValue(forKey: request.id) }
    }

    private func run() {
        while case let files = next(), !files.isEmpty {
            var isBehind = false
            for file in files { isBehind = file.advance(atMost: Self.turn) >= Self.turn || isBehind }
            if !isBehind { usleep(Self.pause) }
        }
    }

    private func next() -> [GrowingFile] {
        state.withLockedValue { state in
            state.isRunning = !state.files.isEmpty
            return Array(state.files.values)
        }
    }
}
