import NIOConcurrencyHelpers
import RLSCore

/// The connections of a pool that nobody uses.
final class IdleConnections: Sendable {
    /// A connection keeps the time-out it was made with, so it serves calls with that one only.
    struct Key: Hashable, Sendable {
        let address: ServerAddress
        let timeout: Duration
    }

    private struct State {
        /// Longest idle first.
        var connections: [(key: Key, connection: RLSConnection)] = []
        var isClosed = false
    }

    private let limit: Int
    private let limitPerServer: Int
    private let state = NIOLockedValueBox(State())

    init(limit: Int, limitPerServer: Int) {
        self.limit = limit
        self.limitPerServer = limitPerServer
    }

    /// The one that was used last, which is the least likely to have been closed meanwhile.
    func take(_ key: Key) -> RLSConnection? {
        state.withLockedValue { state in
            state.connections.lastIndex { $0.key == key }.map { state.connections.remove(at: $0).connection }
        }
    }

    /// - Returns: what is one too many, to be closed
    func put(_ connection: RLSConnection, _ key: Key) -> [RLSConnection] {
        state.withLockedValue { state in
            if state.isClosed { return [connection] }
            state.connections.append((key, connection))
            var surplus: [RLSConnection] = []
            let same = state.connections.indices.filter { state.connections[$0].key == key }
            if same.count > limitPerServer { surplus.append(state.connections.remove(at: same[0]).connection) }
            if state.connections.count > limit { surplus.append(state.connections.removeFirst().connection) }
            return surplus
        }
    }

    func remove(_ key: Key) -> [RLSConnection] {
        state.withLockedValue { state in
            let removed = state.connections.filter { $0.key == key }
            state.connections.removeAll { $0.key == key }
            return removed.map(\.connection)
        }
    }

    /// From now on nothing is kept.
    func removeAll() -> [RLSConnection] {
        state.withLockedValue { state in
            state.isClosed = true
            defer { state.connections = [] }
            return state.connections.map(\.connection)
        }
    }
}
