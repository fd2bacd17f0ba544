import NIOPosix

/// A thread on which an actor waits for its database: the few threads of the concurrency runtime also watch over programs, and
/// must not stand still.
final class DeskThread: SerialExecutor {
    private let pool = NIOThreadPool(numberOfThreads: 1)

    init() { pool.start() }

    deinit { pool.shutdownGracefully { _ in } }

    func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        pool.submit { _ in unowned.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
