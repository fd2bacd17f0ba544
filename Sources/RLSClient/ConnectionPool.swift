import RLSCore

/// Connections that are kept for the next call. A call has a connection to itself; how many are in use at once, and how
/// many are kept, is bounded. Whoever makes a pool closes it.
public final class ConnectionPool: Sendable {
    public struct Limits: Sendable {
        /// Calls at once; further ones wait, within their time-out.
        public var inUse = 64
        public var idle = 64
        public var idlePerServer = 2

        public init() {}
    }

    private let credential: ClientCredential
    private let slots: ConnectionSlots
    private let idle: IdleConnections

    /// - Parameter credential: what `rls://` servers are shown
    public init(limits: Limits = Limits(), credential: ClientCredential = .environment) {
        self.credential = credential
        slots = ConnectionSlots(max(1, limits.inUse))
        idle = IdleConnections(limit: limits.idle, limitPerServer: limits.idlePerServer)
    }

    deinit {
        let left = idle.removeAll()
        if !left.isEmpty { Task { await Self.close(left) } }
    }

    /// Closes what is idle now, and later each connection that is still in use.
    public func close() async { await Self.close(idle.removeAll()) }

    /// Runs calls that only read on a connection to the server. A kept connection may turn out to be closed, by a
    /// server that was restarted or found it idle for too long: then the calls are made once more, on a fresh one.
    ///
    /// - Parameters:
    ///   - timeout: longest time for everything, the wait for a connection included
    ///   - body: reads; may be run twice
    /// - Throws: `ClientError`, the server's `CatalogError`, `CancellationError`
    public func read<Value: Sendable>(
        from address: ServerAddress, timeout: Duration,
        _ body: @escaping @Sendable (RLSConnection) async throws -> Value
    ) async throws -> Value {
        try await TimeLimit.run(timeout) { [self] in
            try await slots.take()
            defer { slots.give() }
            let key = IdleConnections.Key(address: address, timeout: timeout)
            if let kept = idle.take(key) {
                do { return try await use(kept, key, body) } catch let error as ClientError
                    where error.code == .closed && !Task.isCancelled
                {
                    // What closed this one has closed the others.
                    await Self.close(idle.remove(key))
                }
            }
            let fresh = try await RLSConnection.connect(to: address, timeout: timeout, credential: credential)
            return try await use(fresh, key, body)
        }
    }

    private func use<Value: Sendable>(
        _ connection: RLSConnection, _ key: IdleConnections.Key,
        _ body: @Sendable (RLSConnection) async throws -> Value
    ) async throws -> Value {
        do {
            let value = try await withTaskCancellationHandler {
                try await body(connection)
            } onCancel: {
                Task { await connection.close() }
            }
            await keep(connection, key)
            return value
        } catch let error as CatalogError where error.leavesConnectionOpen {
            await keep(connection, key)
            throw error
        } catch {
            await connection.close()
            throw error
        }
    }

    private func keep(_ connection: RLSConnection, _ key: IdleConnections.Key) async {
        if Task.isCancelled { return await connection.close() }
        await Self.close(idle.put(connection, key))
    }

    private static func close(_ connections: [RLSConnection]) async {
        for connection in connections { await connection.close() }
    }
}

extension CatalogError {
    /// After an unknown method and a request beyond the limits servers close.
    fileprivate var leavesConnectionOpen: Bool { ![.badMethod, .overflow].contains(code) }
}
