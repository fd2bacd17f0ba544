import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RLSStorage

/// Threads for reads without a bound: wildcards, bulk queries, searches, lists. Each piece of work fills one chunk of a
/// reply and gives its thread back, so a slow client holds no thread.
final class ReaderPool: Sendable {
    /// `@unchecked Sendable`: used by the one thread that has taken it out of the pool.
    private final class PooledReader: @unchecked Sendable {
        let readers: RoleReaders
        init(_ readers: RoleReaders) { self.readers = readers }
    }

    private let free: NIOLockedValueBox<[PooledReader]>
    private let threads: NIOThreadPool

    init(of stores: RoleStores, threads count: Int) throws(StorageError) {
        var made: [PooledReader] = []
        for _ in 0..<count { made.append(PooledReader(try stores.makeReaders())) }
        free = NIOLockedValueBox(made)
        threads = NIOThreadPool(numberOfThreads: count)
        threads.start()
    }

    /// Runs `work` with readers. There are as many readers as threads, so one is free whenever a thread is.
    func submit(_ work: @escaping @Sendable (RoleReaders) -> Void, refused: @escaping @Sendable () -> Void) {
        threads.submit { state in
            guard case .active = state, let pooled = self.free.withLockedValue({ $0.popLast() }) else {
                return refused()
            }
            work(pooled.readers)
            pooled.readers.release()
            self.free.withLockedValue { $0.append(pooled) }
        }
    }

    func shutdown() async { try? await threads.shutdownGracefully() }
}
