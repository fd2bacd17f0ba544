import RLSCore
import RLSStorage

/// Reads of an index on one connection, sharing a snapshot until something is committed.
final class SQLiteIndexReader: IndexReader {
    private let connection: SQLiteConnection
    private let commits: CommitSequence
    private let entries: SQLiteStatement
    private var snapshot: Int?

    init(_ connection: SQLiteConnection, commits: CommitSequence) throws(StorageError) {
        self.connection = connection
        self.commits = commits
        try connection.execute("PRAGMA query_only = 1")
        entries = try connection.statement(IndexSQL.entries)
    }

    private func refresh() throws(StorageError) {
        let committed = commits.current
        if snapshot == committed { return }
        release()
        try connection.statement("BEGIN").run()
        snapshot = committed
    }

    func release() {
        snapshot = nil
        if connection.isInTransaction { try? connection.execute("COMMIT") }
    }

    func entries(of lfn: Span<UInt8>, visit: (IndexEntry) -> Visit) throws(StorageError) {
        try refresh()
        try lfn.withUnsafeBytes { (bytes) throws(StorageError) in
            try entries.bindBorrowed(1, bytes)
            defer { entries.reset() }
            while try entries.step() { if visit(entries.entry(at: 0)) == .stop { return } }
        }
    }

    func entries(
        prefix: ByteString, order: MappingOrder, after: IndexPosition?, visit: (Span<UInt8>, IndexEntry) -> Visit
    ) throws(StorageError) {
        try refresh()
        if let after, try rest(of: after, visit: visit) == .stop { return }
        let statement = try range(prefix: prefix, order: order, after: after?.lfn)
        defer { statement.reset() }
        while try statement.step() {
            let entry = statement.entry(at: 1)
            if statement.withBytes(0, { visit($0, entry) }) == .stop { return }
        }
    }

    /// The rest of the name that a walk stopped at.
    private func rest(
        of after: IndexPosition, visit: (Span<UInt8>, IndexEntry) -> Visit
    ) throws(StorageError) -> Visit {
        let statement = try connection.statement(IndexSQL.entriesAfter).bind(1, after.lfn).bind(2, after.sender)
        defer { statement.reset() }
        let name = after.lfn.bytes
        while try statement.step() { if visit(name.span, statement.entry(at: 0)) == .stop { return .stop } }
        return .next
    }

    private func range(prefix: ByteString, order: MappingOrder, after: ByteString?) throws(StorageError)
        -> SQLiteStatement
    {
        let isAscending = order == .ascending
        let upper = isAscending ? prefix.prefixEnd : after ?? prefix.prefixEnd
        let lower = isAscending && after != nil ? ">" : ">="
        let text = IndexSQL.range(order: isAscending ? "ASC" : "DESC", lower: lower, upper: upper != nil)
        let statement = try connection.statement(text).bind(1, isAscending ? after ?? prefix : prefix)
        if let upper { try statement.bind(2, upper) }
        return statement
    }

    func senders() throws(StorageError) -> [ListSenderRecord] {
        try refresh()
        let statement = try connection.statement(IndexSQL.senders)
        defer { statement.reset() }
        var records: [ListSenderRecord] = []
        while try statement.step() {
            records.append(
                ListSenderRecord(
                    id: statement.integer(0), url: statement.bytes(1), instance: statement.bytes(2),
                    path: statement.bytes(3).words,
                    live: statement.integer(4), lastUpdate: statement.integer(5), lastFull: statement.integer(6),
                    interval: statement.integer(7), names: statement.integer(8)))
        }
        return records
    }

    func rlis() throws(StorageError) -> [RLIRecord] {
        try refresh()
        return try connection.rliRecords()
    }
}

extension SQLiteStatement {
    /// Three columns: sender, first, last.
    fileprivate func entry(at column: Int32) -> IndexEntry {
        IndexEntry(sender: integer(column), first: integer(column + 1), last: integer(column + 2))
    }
}
