import RLSCore
import RLSStorage
import RLSStorageSQLite

/// A wanted file that is here, or was.
struct HeldFile: Sendable {
    let id: Int
    let lfn: ByteString
    let size: Int64
    let subscriptions: Int
    /// Milliseconds since 1970: when it came, or when it was first wanted if it was here before.
    let came: Int
    /// This site published it, some time.
    let isOwn: Bool

    fileprivate static let columns = """
        id, lfn, size, subscriptions, max(next_try, since) AS came, EXISTS (SELECT 1 FROM own WHERE own.lfn = want.lfn)
        """

    fileprivate init(_ row: SQLiteStatement) {
        id = row.integer(0)
        lfn = row.bytes(1)
        size = Int64(row.integer(2))
        subscriptions = row.integer(3)
        came = row.integer(4)
        isOwn = row.integer(5) != 0
    }
}

extension WorkStore {
    /// Shows the files in a state, those that came first first.
    func heldFiles(
        in state: WantState, wantedBy bits: Int = -1, _ visit: (HeldFile) throws(StorageError) -> Void
    ) throws(StorageError) {
        let statement = try file.connection.statement(
            """
            SELECT \(HeldFile.columns) FROM want
            WHERE state = ? AND subscriptions & ? ORDER BY came, id
            """)
        defer { statement.reset() }
        try statement.bind(1, state.rawValue).bind(2, bits)
        while try statement.step() { try visit(HeldFile(statement)) }
    }

    /// nil for a row that is not of a file here any longer.
    func presentFile(_ id: Int) throws(StorageError) -> HeldFile? {
        let statement = try file.connection.statement(
            "SELECT \(HeldFile.columns) FROM want WHERE id = ? AND state = 3")
        defer { statement.reset() }
        return try statement.bind(1, id).step() ? HeldFile(statement) : nil
    }

    /// Whether a file that is to go is still what it was when it was found.
    func isUnchanged(_ candidate: ReapCandidate) throws(StorageError) -> Bool {
        guard let id = candidate.want else { return try !isWanted(candidate.lfn) }
        guard let file = try presentFile(id) else { return false }
        return file.came == candidate.came && file.subscriptions == candidate.subscriptions
    }

    /// Bytes of which a rolling subscription lets go, for its volume and the newer files that wait for room, and the files here
    /// that may go for it, those that became known first first. For what waits, nothing that is newer goes.
    func outOfRolling(
        _ subscription: Subscription
    ) throws(StorageError) -> (excess: Int64, files: ArraySlice<RollingFile>) {
        var (excess, oldestWaiting) = (-subscription.configuration.maximumVolume, Int.max)
        var here: [RollingFile] = []
        try rollingFiles(of: subscription, newestFirst: false) { (file) throws(StorageError) in
            excess = excess.saturated(adding: file.size)
            if file.state == .held { oldestWaiting = min(oldestWaiting, file.id) }
            if file.state == .present { here.append(file) }
        }
        return (excess, here.prefix { $0.id < oldestWaiting })
    }

    /// Whether a transfer brought the file here, some time: also one that the catalog did not take at first, or that its daemon
    /// did not survive.
    func wasFetched(_ lfn: ByteString) throws(StorageError) -> Bool {
        try file.connection.statement("SELECT 1 FROM transfer WHERE lfn = ? AND brought LIMIT 1").bind(1, lfn).hasRow()
    }

    /// Whether a transfer brought the file, and this site has never published it itself.
    func isBrought(_ lfn: ByteString) throws(StorageError) -> Bool {
        if try file.connection.statement("SELECT 1 FROM own WHERE lfn = ?").bind(1, lfn).hasRow() { return false }
        return try wasFetched(lfn)
    }

    func isWanted(_ lfn: ByteString) throws(StorageError) -> Bool {
        try file.connection.statement("SELECT 1 FROM want WHERE lfn = ?").bind(1, lfn).hasRow()
    }

    /// They were here and are not any more. Those that have come anew meanwhile stay.
    func expire(_ files: [ReapCandidate]) throws(StorageError) {
        try file.write { (connection) throws(StorageError) in
            let statement = try connection.statement(
                """
                UPDATE want SET state = 6, next_try = ?2, reason = ?3
                WHERE id = ?1 AND state = 3 AND max(next_try, since) = ?2 AND subscriptions = ?4
                """)
            for file in files {
                guard let id = file.want else { continue }
                try statement.bind(1, id).bind(2, file.came).bind(3, text: file.reason.rawValue)
                    .bind(4, file.subscriptions).run()
            }
        }
    }

    /// Files that expired by a lifetime which has been made longer since are wanted again.
    func revive(_ ids: [Int]) throws(StorageError) -> Int {
        if ids.isEmpty { return 0 }
        return try file.write { (connection) throws(StorageError) in
            var count = 0
            let statement = try connection.statement(
                "UPDATE want SET state = 0, next_try = 0, attempts = 0, reason = NULL WHERE id = ? AND state = 6 AND reason = ?"
            )
            for id in ids {
                count += try statement.bind(1, id).bind(2, text: ReapCandidate.Reason.lifetime.rawValue).run()
            }
            return count
        }
    }
}
