import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RLSTestSupport

/// Stands between a client and PostgreSQL, on a socket of its own, and cuts connections at a COMMIT when told to. The text of
/// the statement must be on the wire: for connections that prepare nothing.
final class CuttingRelay: Sendable {
    enum Cut: Sendable {
        /// The database never hears of the COMMIT.
        case before
        /// The database has committed, and the client never hears of it.
        case after
    }

    private let directory: TemporaryDirectory
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let cut: NIOLockedValueBox<Cut?>
    private let cuts = NIOLockedValueBox(0)

    /// The directory of the socket, as libpq's `host` takes it.
    var host: String { directory.path }
    var count: Int { cuts.withLockedValue { $0 } }

    init(to target: String) async throws {
        directory = try TemporaryDirectory()
        let (cut, cuts) = (NIOLockedValueBox<Cut?>(nil), self.cuts)
        self.cut = cut
        let group = self.group
        _ = try await ServerBootstrap(group: group)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .connect(unixDomainSocketPath: target + "/.s.PGSQL.5432")
                    .flatMapThrowing { server in
                        let pair = Pair(cut: cut, cuts: cuts)
                        try client.pipeline.syncOperations.addHandler(Half(pair, to: server, isClient: true))
                        try server.pipeline.syncOperations.addHandler(Half(pair, to: client, isClient: false))
                    }
            }
            .bind(unixDomainSocketPath: directory.file(".s.PGSQL.5432")).get()
    }

    deinit { group.shutdownGracefully { _ in } }

    /// Of the next COMMIT only.
    func cutNext(_ cut: Cut) { self.cut.withLockedValue { $0 = cut } }

    /// What the two directions of a connection share; used on one event loop.
    private final class Pair {
        let cut: NIOLockedValueBox<Cut?>
        let cuts: NIOLockedValueBox<Int>
        var awaitsAnswer = false

        init(cut: NIOLockedValueBox<Cut?>, cuts: NIOLockedValueBox<Int>) {
            self.cut = cut
            self.cuts = cuts
        }

        func noteCut() { cuts.withLockedValue { $0 += 1 } }
    }

    private final class Half: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let pair: Pair
        private let other: any Channel
        private let isClient: Bool

        init(_ pair: Pair, to other: any Channel, isClient: Bool) {
            self.pair = pair
            self.other = other
            self.isClient = isClient
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            let hasCommit = bytes.readableBytesView.firstRange(of: Array("COMMIT\0".utf8)) != nil
            if isClient && hasCommit {
                let cut = pair.cut.withLockedValue { cut in
                    defer { cut = nil }
                    return cut
                }
                if cut == .before { return end(context) }
                pair.awaitsAnswer = cut == .after
            }
            if !isClient && pair.awaitsAnswer {
                if hasCommit { end(context) }
                return
            }
            other.writeAndFlush(bytes, promise: nil)
        }

        private func end(_ context: ChannelHandlerContext) {
            pair.noteCut()
            other.close(promise: nil)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    }
}
