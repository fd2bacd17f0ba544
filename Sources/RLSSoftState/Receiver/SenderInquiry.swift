import NIOConcurrencyHelpers
import RLSClient
import RLSCore
import RLSWire

/// Asks a catalog of the original's kind how often it sends its list: the list itself does not say.
package final class SenderInquiry: Sendable {
    /// Milliseconds until the same catalog is asked again.
    private static let pause = 3_600_000
    private static let limit = 8

    private struct State {
        var asked: [Int: Int] = [:]
        var underWay = 0
    }

    private let credential: ClientCredential
    private let timeout: @Sendable () -> Duration
    private let state = NIOLockedValueBox(State())

    package init(credential: ClientCredential, timeout: @escaping @Sendable () -> Duration) {
        self.credential = credential
        self.timeout = timeout
    }

    /// - Parameters:
    ///   - own: URL under which the catalog knows this index
    ///   - answer: called with the seconds when it answers
    func ask(_ sender: IndexSender, own: ByteString, at now: Int, answer: @escaping @Sendable (Int) -> Void) {
        let mayAsk = state.withLockedValue { state in
            let isRecent = state.asked[sender.id].map { now - $0 < Self.pause } ?? false
            if isRecent || state.underWay >= Self.limit { return false }
            state.asked[sender.id] = now
            state.underWay += 1
            return true
        }
        guard mayAsk else { return }
        Task {
            if let address = try? ServerAddress(sender.key.url.description),
                let interval = try? await interval(of: address, own), interval > 0
            {
                answer(min(interval, UpdateOrigin.longestInterval))
            }
            state.withLockedValue { $0.underWay -= 1 }
        }
    }

    private func interval(of address: ServerAddress, _ own: ByteString) async throws -> Int? {
        let connection = try await RLSConnection.connect(to: address, timeout: timeout(), credential: credential)
        let reply = try? await connection.call(Methods.rliInfo, WordArguments(own))
        await connection.close()
        return reply?.items.first?.server.interval
    }
}
