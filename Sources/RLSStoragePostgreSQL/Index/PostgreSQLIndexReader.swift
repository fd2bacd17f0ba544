import RLSCore
import RLSStorage

/// Reads of an index on one connection, each as of now. Long results come in portions, so that nothing is kept open between
/// them.
final class PostgreSQLIndexReader: IndexReader {
    private static let registry = RegistrySQL(schema: "rli")

    private let session: PostgreSQLSession
    private let changes: SenderChanges
    private var prefetched: [ByteString: [IndexEntry]] = [:]

    init(_ session: PostgreSQLSession, changes: SenderChanges) {
        self.session = session
        self.changes = changes
    }

    private func query(
        _ text: String, _ parameters: PostgreSQLParameters = PostgreSQLParameters()
    ) throws(StorageError) -> PostgreSQLResult {
        try session.run { (connection, deadline) throws(StorageError) in
            try connection.query(text, parameters, by: deadline)
        }
    }

    // MARK: Entries

    func prefetch(_ lfns: [ByteString]) throws(StorageError) { prefetched = lfns.isEmpty ? [:] : try entries(of: lfns) }

    func release() { prefetched = [:] }

    private func entries(of lfns: [ByteString]) throws(StorageError) -> [ByteString: [IndexEntry]] {
        var parameters = PostgreSQLParameters()
        parameters.add(names: lfns.map { StoredName($0) })
        let result = try query(IndexSQL.entries, parameters)
        var lists = [[IndexEntry]](repeating: [], count: lfns.count)
        for row in 0..<result.count { lists[result.integer(row, 0) - 1].append(result.entry(row, 1)) }
        return Dictionary(zip(lfns, lists)) { first, _ in first }
    }

    private func entries(of lfn: ByteString) throws(StorageError) -> [IndexEntry] {
        if let known = prefetched[lfn] { return known }
        return try entries(of: [lfn])[lfn] ?? []
    }

    func entries(of lfn: Span<UInt8>, visit: (IndexEntry) -> Visit) throws(StorageError) {
        for entry in try entries(of: ByteString(lfn)) { if visit(entry) == .stop { return } }
    }

    func entries(
        prefix: ByteString, order: MappingOrder, after: IndexPosition?, visit: (Span<UInt8>, IndexEntry) -> Visit
    ) throws(StorageError) {
        var position = after
        _ = try inPortions { (limit) throws(StorageError) in
            let walk = IndexWalk(prefix: prefix, order: order, after: position)
            return try query(walk.text, walk.parameters(limit: limit))
        } visit: { result, row in
            let entry = result.entry(row, 2)
            if row == result.count - 1 { position = IndexPosition(lfn: result.name(row, 0), sender: entry.sender) }
            return result.withName(row, 0) { visit($0, entry) }
        }
    }

    // MARK: Senders and index servers

    func senders() throws(StorageError) -> [ListSenderRecord] {
        let result = try query(IndexSQL.senders)
        return (0..<result.count).map { result.sender($0, 0) }
    }

    func changedSenders() throws(StorageError) -> [ListSenderRecord]? {
        try changes.changedSenders(session)
    }

    func rlis() throws(StorageError) -> [RLIRecord] { try query(Self.registry.rlis).rliRecords }
}

extension PostgreSQLResult {
    /// Three columns: sender, first, last.
    fileprivate func entry(_ row: Int, _ column: Int32) -> IndexEntry {
        IndexEntry(
            sender: integer(row, column), first: integer(row, column + 1), last: integer(row, column + 2))
    }

    /// Ten columns, in the order of the table.
    func sender(_ row: Int, _ column: Int32) -> ListSenderRecord {
        ListSenderRecord(
            id: integer(row, column), url: bytes(row, column + 1), instance: bytes(row, column + 2),
            path: bytes(row, column + 3).words, live: integer(row, column + 4), generation: integer(row, column + 5),
            lastUpdate: integer(row, column + 6), lastFull: integer(row, column + 7),
            interval: integer(row, column + 8), names: integer(row, column + 9))
    }
}
