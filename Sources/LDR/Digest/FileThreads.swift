import NIOConcurrencyHelpers
import NIOPosix

/// A fixed number of threads for work that waits for files: the few threads of the concurrency runtime must not stand
/// still.
package final class FileThreads: Sendable {
    private let pool: NIOThreadPool

    package init(_ count: Int) {
        pool = NIOThreadPool(numberOfThreads: max(1, count))
        pool.start()
    }

    deinit { pool.shutdownGracefully { _ in } }

    /// Runs `body` on a thread.
    ///
    /// - Parameter body: is handed a function that tells whether the caller's task has been cancelled
    /// - Returns: nil when it was cancelled before `body` began
    package func run<Value: Sendable>(
        _ body: @escaping @Sendable (_ isCancelled: () -> Bool) -> Value
    ) async -> Value? {
        let flag = NIOLockedValueBox(false)
        return await withTaskCancellationHandler {
            try? await pool.runIfActive { body { flag.withLockedValue { $0 } } }
        } onCancel: {
            flag.withLockedValue { $0 = true }
        }
    }
}

extension FileThreads {
    package typealias Digested = Result<(size: Int64, checksums: Checksums), DigestError>

    package func digest(
        path: String, kinds: Set<ChecksumKind>
    ) async throws(DigestError) -> (size: Int64, checksums: Checksums) {
        let result: Digested? = await run { isCancelled in
            Digested { () throws(DigestError) in
                try ContentDigest.of(path: path, kinds: kinds, isCancelled: isCancelled)
            }
        }
        guard let result else { throw DigestError(reason: .cancelled, description: "\(path): cancelled") }
        return try result.get()
    }

    /// Digests many files, as many at a time as there are threads.
    ///
    /// - Parameter each: is handed the place of a path in `paths` and what was found, in the order in which they end
    package func digest(
        paths: [String], kinds: Set<ChecksumKind>, each: (Int, Digested) async -> Void
    ) async {
        await withTaskGroup(of: Numbered.self) { group in
            for (index, path) in paths.enumerated() {
                // Twice as many as threads keep those busy; a task for each of a million files would not.
                if index >= 2 * pool.numberOfThreads, let done = await group.next() {
                    await each(done.index, done.digested)
                }
                group.addTask { Numbered(index: index, digested: await self.digested(path: path, kinds: kinds)) }
            }
            for await done in group { await each(done.index, done.digested) }
        }
    }

    private struct Numbered: Sendable {
        let index: Int
        let digested: Digested
    }

    private func digested(path: String, kinds: Set<ChecksumKind>) async -> Digested {
        do throws(DigestError) { return .success(try await digest(path: path, kinds: kinds)) } catch {
            return .failure(error)
        }
    }
}
