import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RLSCore

/// What this server is called in updates and answers: `myurl`, or what follows from where it listens, once it does.
package final class ServerName: Sendable {
    private let promise: EventLoopPromise<ByteString>
    private let known = NIOLockedValueBox<ByteString?>(nil)

    package init() { promise = MultiThreadedEventLoopGroup.singleton.any().makePromise() }

    /// Once.
    package func set(_ url: ByteString) {
        known.withLockedValue { $0 = url }
        promise.succeed(url)
    }

    deinit { promise.fail(CancellationError()) }

    /// nil when the task is cancelled before it is known.
    var value: ByteString? {
        get async {
            await withTaskCancellationHandler {
                try? await promise.futureResult.get()
            } onCancel: {
                promise.fail(CancellationError())
            }
        }
    }
    /// Empty before it is known.
    var current: ByteString { known.withLockedValue { $0 ?? .empty } }
}
