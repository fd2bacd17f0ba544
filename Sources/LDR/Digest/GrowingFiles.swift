import Glibc
import NIOConcurrencyHelpers

/// Digests large files while they come, so that little of them is left to read when they are complete.
package final class GrowingFiles: Sendable {
    /// Bytes of a file for which it is worth it.
    private static let least: Int64 = 32 << 20
    /// Bytes of each file before the next one has its turn.
    private static let turn: Int64 = 16 << 20
    private static let pause: useconds_t = 10_000

    private struct State {
        /// By the number of the request.
        var files: [Int: GrowingFile] = [:]
        var isRunning = false
    }

    private let thread = FileThreads(1)
    private let state = NIOLockedValueBox(State())

    package init() {}

    /// From now on, and from the beginning of the file.
    ///
    /// - Parameter request: of a file that is written from its beginning to its end, or continued so
    func follow(_ request: TransferRequest) {
        guard request.expected.size >= Self.least, let kind = request.expected.checksums.strongest else { return }
        let file = GrowingFile(path: request.destination, size: request.expected.size, kinds: [kind])
        let isFirst = state.withLockedValue { state in
            state.files[request.id] = file
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if isFirst { Task { await thread.run { [self] _ in run() } } }
    }

    /// What has been read of a request's file, which is no longer followed.
    func take(_ request: TransferRequest) -> GrowingFile? {
        state.withLockedValue { $0.files.removeValue(forKey: request.id) }
    }

    private func run() {
        while case let files = next(), !files.isEmpty {
            var isMore = false
            for file in files { isMore = file.advance(atMost: Self.turn) || isMore }
            if !isMore { usleep(Self.pause) }
        }
    }

    private func next() -> [GrowingFile] {
        state.withLockedValue { state in
            state.isRunning = !state.files.isEmpty
            return Array(state.files.values)
        }
    }
}
