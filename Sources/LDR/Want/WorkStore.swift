import Foundation
import RLSCore
import RLSStorage
import RLSStorageSQLite

/// What a site's daemons have to do and have done, in one database that all of them share. Used by one thread at a time.
package final class WorkStore {
    let file: SharedSQLiteFile

    package init(path: String) throws(StorageError) { file = try SharedSQLiteFile(.work, path: path) }

    /// Milliseconds since 1970.
    package static var now: Int { Int(Date().timeIntervalSince1970 * 1_000) }
}

extension WorkStore {
    static let wantColumns = """
        id, lfn, size, subscriptions, state, since, next_try, attempts, source, url, reason,
        checksum
        """

    /// Of a statement whose first columns are `wantColumns`.
    static func want(_ row: SQLiteStatement) -> Want {
        Want(
            id: row.integer(0), lfn: row.bytes(1), size: Int64(row.integer(2)), subscriptions: row.integer(3),
            state: WantState(rawValue: row.integer(4)) ?? .missing, since: row.integer(5), nextTry: row.integer(6),
            attempts: row.integer(7), source: row.text(8), url: row.isNull(9) ? nil : row.bytes(9),
            reason: row.text(10),
            checksum: row.isNull(11) ? nil : row.bytes(11))
    }

    package func want(of lfn: ByteString) throws(StorageError) -> Want? {
        let statement = try file.connection.statement("SELECT \(Self.wantColumns) FROM want WHERE lfn = ?")
        defer { statement.reset() }
        return try statement.bind(1, lfn).step() ? Self.want(statement) : nil
    }

    /// Files and bytes in each state, of all subscriptions or of one.
    package func totals(
        of subscription: Subscription? = nil
    ) throws(StorageError) -> [WantState: (files: Int, bytes: Int64)] {
        let statement = try file.connection.statement(
            "SELECT state, count(*), CAST(total(size) AS INTEGER) FROM want WHERE subscriptions & ? GROUP BY state")
        defer { statement.reset() }
        try statement.bind(1, subscription?.bit ?? -1)
        var totals: [WantState: (files: Int, bytes: Int64)] = [:]
        while try statement.step() {
            guard let state = WantState(rawValue: statement.integer(0)) else { continue }
            totals[state] = (statement.integer(1), Int64(statement.integer(2)))
        }
        return totals
    }

    /// In the order in which they have been waiting.
    package func wants(in state: WantState, limit: Int) throws(StorageError) -> [Want] {
        let statement = try file.connection.statement(
            "SELECT \(Self.wantColumns) FROM want WHERE state = ? ORDER BY since LIMIT ?")
        defer { statement.reset() }
        try statement.bind(1, state.rawValue).bind(2, limit)
        var wants: [Want] = []
        while try statement.step() { wants.append(Self.want(statement)) }
        return wants
    }
}
