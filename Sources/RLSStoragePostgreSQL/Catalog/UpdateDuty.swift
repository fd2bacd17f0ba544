import NIOConcurrencyHelpers
import NIOPosix
import RLSCore
import RLSStorage

/// A lease in the database: of the servers that share a catalog, the holder tells index servers of it. Times are the database's;
/// a holder that dies is followed within 14 seconds.
struct UpdateDuty: Sendable {
    private static let renewal = Duration.seconds(3)
    /// The lease lasts 10 seconds; who cannot renew it stops before another may begin.
    private static let confidence = Duration.seconds(6)

    private static let take = """
        INSERT INTO lrc.duty (name, holder, url, expires) VALUES ('soft state', $1, $2, now() + interval '10 seconds')
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, url = excluded.url, expires = excluded.expires
        WHERE duty.holder = excluded.holder OR duty.expires < now() RETURNING true
        """
    private static let giveUp = "DELETE FROM lrc.duty WHERE name = 'soft state' AND holder = $1"

    let settings: PostgreSQLSettings
    let gate: SchemaGate
    let server: ServerID

    /// - Parameters:
    ///   - begin: makes ready for `body`, on a thread that may wait; when it fails, the turn is tried for again
    ///   - end: called after `body`, and after `begin` has failed
    func run(
        as url: ByteString, begin: @escaping @Sendable () throws -> Void, end: @escaping @Sendable () -> Void,
        _ body: @escaping @Sendable () async -> Void
    ) async {
        while !Task.isCancelled {
            let began = ContinuousClock.now
            if (try? await take(url)) == true {
                guard (try? await NIOThreadPool.singleton.runIfActive(begin)) != nil else {
                    end()
                    try? await Task.sleep(for: .seconds(1))
                    continue
                }
                await withTaskGroup(of: Void.self) { group in
                    let renewed = NIOLockedValueBox(began)
                    group.addTask { await body() }
                    group.addTask { await keep(url, renewed) }
                    group.addTask { await watch(renewed) }
                    await group.next()
                    group.cancelAll()
                }
                end()
            }
            try? await Task.sleep(for: Self.renewal)
        }
        // Another need not wait until the lease ends. Not in this task, which is cancelled.
        await Task { await giveUp() }.value
    }

    private func giveUp() async {
        _ = try? await onThread { session in
            var parameters = PostgreSQLParameters()
            parameters.add(server)
            let deadline = Deadline(in: .seconds(1))
            _ = try session.connected(by: deadline).query(Self.giveUp, parameters, by: deadline)
        }
    }

    /// Returns when the lease is lost.
    private func keep(_ url: ByteString, _ renewed: NIOLockedValueBox<ContinuousClock.Instant>) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.renewal)
            let begun = ContinuousClock.now
            switch try? await take(url) {
            case true: renewed.withLockedValue { $0 = begun }
            case false: return
            default: break
            }
        }
    }

    /// Returns when the lease may be another's soon; renewing it may hang.
    private func watch(_ renewed: NIOLockedValueBox<ContinuousClock.Instant>) async {
        while !Task.isCancelled, .now - renewed.withLockedValue({ $0 }) < Self.confidence {
            try? await Task.sleep(for: .milliseconds(250))
        }
    }

    private func take(_ url: ByteString) async throws -> Bool {
        try await onThread { session in
            var parameters = PostgreSQLParameters()
            parameters.add(server)
            parameters.add(url)
            let deadline = Deadline(in: .seconds(2))
            return try session.connected(by: deadline).query(Self.take, parameters, by: deadline).count == 1
        }
    }

    /// A connection for each time: it is used every few seconds, and poolers and servers count them.
    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable (PostgreSQLSession) throws -> Value
    ) async throws -> Value {
        let session = (settings, gate)
        return try await NIOThreadPool.singleton.runIfActive { try body(PostgreSQLSession(session.0, gate: session.1)) }
    }
}
