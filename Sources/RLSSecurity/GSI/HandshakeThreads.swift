import CGlobusGSSAPI
import NIOPosix

/// Threads on which the steps of handshakes are computed.
package struct HandshakeThreads: Sendable {
    private let pool: NIOThreadPool
    private let isBackground: Bool

    /// For clients: the threads of the process for blocking work.
    package static let shared = HandshakeThreads(pool: .singleton, isBackground: false)

    private init(pool: NIOThreadPool, isBackground: Bool) {
        self.pool = pool
        self.isBackground = isBackground
    }

    /// For a server. They yield to the event loops: a storm of handshakes must not slow the clients that are connected.
    package init(server count: Int) {
        pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
        isBackground = true
    }

    func submit(_ work: @escaping @Sendable (_ isActive: Bool) -> Void) {
        pool.submit { [isBackground] state in
            // A system call, which tells a thread that knows it already; a step takes a thousand times as long.
            if isBackground { rls_lower_thread_priority() }
            if case .active = state { work(true) } else { work(false) }
        }
    }

    package func shutdown() async { try? await pool.shutdownGracefully() }
}
