import RLSCore
import RLSStorage
import RLSStorageSQLite

extension WorkStore {
    /// Files that wait for a source to bring them back; of these and of those that are on their way here, how many the sources
    /// were asked for.
    func staging() throws(StorageError) -> (files: Int, asked: Int) {
        let statement = try file.connection.statement(
            """
            SELECT (SELECT count(*) FROM want WHERE state = 7),
                (SELECT count(*) FROM want WHERE staging > 0 AND state IN (1, 2, 7))
            """)
        defer { statement.reset() }
        return try statement.step() ? (statement.integer(0), statement.integer(1)) : (0, 0)
    }

    /// Files that are to be asked for now, again or, as long as no more than `limit` are, for the first time.
    func stageable(limit: Int, at now: Int) throws(StorageError) -> [Want] {
        let room = try max(0, limit - staging().asked)
        // Of those that were not asked for, the time is only their order.
        return try wants("staging > 0 AND next_try <= ?", now, limit) + wants("staging = ?", 0, room)
    }

    private func wants(_ condition: String, _ value: Int, _ limit: Int) throws(StorageError) -> [Want] {
        let statement = try file.connection.statement(
            "SELECT \(Self.wantColumns) FROM want WHERE state = 7 AND \(condition) ORDER BY next_try LIMIT ?")
        defer { statement.reset() }
        try statement.bind(1, value).bind(2, limit)
        var wants: [Want] = []
        while try statement.step() { wants.append(Self.want(statement)) }
        return wants
    }

    /// Nobody would ask for them any longer.
    func endStaging() throws(StorageError) {
        try file.connection.statement("UPDATE want SET state = 0, next_try = 0 WHERE state = 7").run()
    }

    /// - Returns: since when the source has been asked for it, this time included; milliseconds since 1970. nil for one that does
    ///   not wait for it any longer
    func noteAsked(_ want: Want, at now: Int) throws(StorageError) -> Int? {
        try file.connection.statement("UPDATE want SET staging = ? WHERE id = ? AND state = 7 AND staging = 0")
            .bind(1, now).bind(2, want.id).run()
        let statement = try file.connection.statement("SELECT staging FROM want WHERE id = ? AND lfn = ? AND state = 7")
        defer { statement.reset() }
        return try statement.bind(1, want.id).bind(2, want.lfn).step() ? statement.integer(0) : nil
    }

    /// It can be read: it takes its place in the source's queue.
    func noteStaged(_ want: Want, at now: Int) throws(StorageError) {
        try file.connection.statement(
            "UPDATE want SET state = 1, next_try = ?, reason = NULL WHERE id = ? AND lfn = ? AND state = 7"
        ).bind(1, now).bind(2, want.id).bind(3, want.lfn).run()
    }

    func noteNotYet(_ want: Want, until time: Int, reason: String) throws(StorageError) {
        try file.connection.statement(
            "UPDATE want SET next_try = ?, reason = ? WHERE id = ? AND lfn = ? AND state = 7"
        ).bind(1, time).bind(2, text: reason).bind(3, want.id).bind(4, want.lfn).run()
    }
}
