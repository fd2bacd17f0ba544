import RLSCore
import RLSStorage
import RLSStorageSQLite

/// A file of a rolling subscription that is here, on its way, or waits for room.
struct RollingFile {
    /// The higher, the later it became known.
    let id: Int
    let size: Int64
    let state: WantState
}

extension WorkStore {
    /// Of its volume, what a subscription does not have here or on its way; below 0 when it was made smaller.
    func room(of subscription: Subscription) throws(StorageError) -> Int64 {
        subscription.configuration.maximumVolume - (try volume(of: subscription))
    }

    func rollingFiles(
        of subscription: Subscription, newestFirst: Bool, _ visit: (RollingFile) throws(StorageError) -> Void
    ) throws(StorageError) {
        let statement = try file.connection.statement(
            """
            SELECT id, size, state FROM want
            WHERE subscriptions & ? AND (state IN (1, 2, 3, 7) OR (state = 5 AND held = 1))
            ORDER BY id \(newestFirst ? "DESC" : "ASC")
            """)
        defer { statement.reset() }
        try statement.bind(1, subscription.bit)
        while try statement.step() {
            guard let state = WantState(rawValue: statement.integer(2)) else { continue }
            try visit(RollingFile(id: statement.integer(0), size: Int64(statement.integer(1)), state: state))
        }
    }

    /// Whether a file waits for older ones to be let go of.
    package func needsRoom() throws(StorageError) -> Bool {
        try file.connection.statement("SELECT 1 FROM want WHERE state = 5 AND held = 1 LIMIT 1").hasRow()
    }

    /// What is held back is thought of again when a subscription that wants it has room; what takes the place of others, always.
    /// Files that are too old for a rolling subscription may be many: of those only what there is room for together, and a part
    /// of the volume is left alone, so that old files do not come just to go for the next new one.
    func reconsiderHeld(_ room: (Subscription) -> Int64) throws(StorageError) {
        if try !file.connection.statement("SELECT 1 FROM want WHERE state = 5 LIMIT 1").hasRow() { return }
        let known = try subscriptions()
        let bits = known.reduce(0) { $1.configuration.isRolling ? $0 | $1.bit : $0 }
        // The second may have been held back before its subscription rolled.
        try file.connection.statement(
            "UPDATE want SET state = 0 WHERE state = 5 AND (held = 1 OR (held = 0 AND subscriptions & ? != 0))"
        ).bind(1, bits).run()
        let fixed = known.filter { !$0.configuration.isRolling }
        let unlimited = fixed.reduce(0) { $1.configuration.maximumVolume == 0 ? $0 | $1.bit : $0 }
        if unlimited != 0 { try reconsiderHeld(wantedBy: unlimited, upTo: .max) }
        // Below 0 there is no room for an empty file either.
        for subscription in fixed where subscription.configuration.maximumVolume > 0 && room(subscription) >= 0 {
            try reconsiderHeld(wantedBy: subscription.bit, upTo: room(subscription))
        }
        for subscription in known where subscription.configuration.isRolling {
            let spare = room(subscription) - subscription.configuration.maximumVolume / 20
            for id in try tooOld(for: subscription, room: spare) {
                try file.connection.statement("UPDATE want SET state = 0 WHERE id = ? AND state = 5").bind(1, id).run()
            }
        }
    }

    /// - Parameter size: of a file, bytes at most
    private func reconsiderHeld(wantedBy bits: Int, upTo size: Int64) throws(StorageError) {
        try file.connection.statement("UPDATE want SET state = 0 WHERE state = 5 AND subscriptions & ? AND size <= ?")
            .bind(1, bits).bind(2, size).run()
    }

    /// Of the files that were too old, the newest that have room together.
    private func tooOld(for subscription: Subscription, room: Int64) throws(StorageError) -> [Int] {
        if room <= 0 { return [] }
        let statement = try file.connection.statement(
            """
            SELECT id, size FROM want WHERE state = 5 AND held = 2 AND subscriptions & ? AND size <= ?
            ORDER BY id DESC LIMIT 10000
            """)
        defer { statement.reset() }
        try statement.bind(1, subscription.bit).bind(2, Int(room))
        var (ids, rest) = ([Int](), room)
        while rest > 0, try statement.step() {
            ids.append(statement.integer(0))
            rest -= Int64(statement.integer(1))
        }
        return ids
    }
}
