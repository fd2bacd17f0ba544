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
}

extension WorkStore {
    /// Shows the files in a state, those that came first first.
    func heldFiles(
        in state: WantState, wantedBy bits: Int = -1, _ visit: (HeldFile) throws(StorageError) -> Void
    ) throws(StorageError) {
        let statement = try file.connection.statement(
            """
            SELECT id, lfn, size, subscriptions, max(next_try, since) AS came FROM want
            WHERE state = ? AND subscriptions & ? ORDER BY came, id
            """)
        defer { statement.reset() }
        try statement.bind(1, state.rawValue).bind(2, bits)
        while try statement.step() {
            try visit(
                HeldFile(
                    id: statement.integer(0), lfn: statement.bytes(1), size: Int64(statement.integer(2)),
                    subscriptions: statement.integer(3), came: statement.integer(4)))
        }
    }

    /// Files here of which a rolling subscription lets go: those that became known first, as many as its volume and the newer ones
    /// that wait for room demand. For those, nothing that is newer goes.
    func outOfRolling(_ subscription: Subscription) throws(StorageError) -> [Int] {
        var (excess, oldestWaiting) = (-subscription.configuration.maximumVolume, Int.max)
        var here: [RollingFile] = []
        try rollingFiles(of: subscription, newestFirst: false) { (file) throws(StorageError) in
            excess = excess.saturated(adding: file.size)
            if file.state == .held { oldestWaiting = min(oldestWaiting, file.id) }
            if file.state == .present { here.append(file) }
        }
        var going: [Int] = []
        for file in here where excess > 0 && file.id < oldestWaiting {
            excess -= file.size
            going.append(file.id)
        }
        return going
    }

    /// Whether a transfer brought the file here, some time.
    func wasFetched(_ lfn: ByteString) throws(StorageError) -> Bool {
        try file.connection.statement("SELECT 1 FROM transfer WHERE lfn = ? AND failure IS NULL LIMIT 1").bind(1, lfn)
            .hasRow()
    }

    /// Whether a transfer brought the file, and this site has never published it itself.
    func isBrought(_ lfn: ByteString) throws(StorageError) -> Bool {
        let isOwn = try file.connection.statement("SELECT 1 FROM own WHERE lfn = ?").bind(1, lfn).hasRow()
        if isOwn { return false }
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
                WHERE id = ?1 AND state = 3 AND max(next_try, since) = ?2
                """)
            for file in files {
                guard let id = file.want else { continue }
                try statement.bind(1, id).bind(2, file.came).bind(3, text: file.reason.rawValue).run()
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
