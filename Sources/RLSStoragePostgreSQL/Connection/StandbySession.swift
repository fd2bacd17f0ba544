import RLSStorage

/// Reads that may be old, on a standby: only while it is known to be no older than allowed. Used by one thread at a time.
///
/// A standby knows the time of the last commit that it has replayed; the lease of `UpdateDuty` is a commit every few seconds, so
/// that this is near the present even if nobody writes.
final class StandbySession {
    private static let age = """
        SELECT CASE WHEN pg_is_in_recovery()
            THEN coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 1e9) ELSE 0 END::double precision
        """
    /// How long what was found out about the age is believed.
    private static let checkInterval = Duration.seconds(1)
    /// How long a standby that failed is left alone: connecting to it takes time.
    private static let restTime = Duration.seconds(20)

    private let session: PostgreSQLSession
    private let staleness: Duration
    private var checked: ContinuousClock.Instant?
    private var isFresh = false

    init(_ session: PostgreSQLSession, staleness: Duration) {
        self.session = session
        self.staleness = staleness
    }

    /// nil when the standby is too old, or not there: the primary is to be asked.
    func run<Value>(_ body: (PostgreSQLConnection, Deadline) throws(StorageError) -> Value) -> Value? {
        let deadline = Deadline(in: min(session.settings.patience, .seconds(2)))
        do throws(StorageError) {
            guard try isFreshEnough(by: deadline) else { return nil }
            return try body(session.connected(by: deadline), deadline)
        } catch {
            session.recover()
            (checked, isFresh) = (.now + Self.restTime, false)
            return nil
        }
    }

    private func isFreshEnough(by deadline: Deadline) throws(StorageError) -> Bool {
        let now = ContinuousClock.now
        if let checked, now - checked < Self.checkInterval { return isFresh }
        let age = try session.connected(by: deadline).query(Self.age, by: deadline)
        // It grows older while the answer is believed.
        isFresh = age.count == 1 && .seconds(age.float(0, 0)) + Self.checkInterval <= staleness
        checked = now
        return isFresh
    }
}
