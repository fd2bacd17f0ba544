import RLSCore
import RLSStorage

/// The statements of a write transaction of an index, on the writer's connection.
final class SQLiteIndexTransaction: IndexTransaction, SQLiteTransaction, SQLiteRLIRegistry {
    let connection: SQLiteConnection
    private let entry: SQLiteStatement
    private let hasName: SQLiteStatement
    private let insertEntry: SQLiteStatement
    private let updateEntry: SQLiteStatement
    private var countChange = IndexCounts()

    init(_ connection: SQLiteConnection) throws(StorageError) {
        self.connection = connection
        entry = try connection.statement(IndexSQL.entry)
        hasName = try connection.statement(IndexSQL.hasName)
        insertEntry = try connection.statement(IndexSQL.insertEntry)
        updateEntry = try connection.statement(IndexSQL.updateEntry)
    }

    // MARK: Transaction

    func begin() throws(StorageError) {
        countChange = IndexCounts()
        try connection.statement("BEGIN IMMEDIATE").run()
    }

    func commit() throws(StorageError) -> IndexCounts {
        let changes = [(IndexSQL.addToLFNs, countChange.lfns), (IndexSQL.addToMappings, countChange.mappings)]
        for (text, change) in changes where change != 0 { try connection.statement(text).bind(1, change).run() }
        let counts = try counts()
        try connection.statement("COMMIT").run()
        return counts
    }

    func counts() throws(StorageError) -> IndexCounts {
        let statement = try connection.statement(IndexSQL.counters)
        defer { statement.reset() }
        var values: [Int] = []
        while try statement.step() { values.append(statement.integer(0)) }
        guard values.count == 2 else { throw StorageError(.corrupt, "the counters are missing") }
        return IndexCounts(lfns: values[0], mappings: values[1])
    }

    func committed() {}

    // MARK: Senders

    func putSender(_ record: ListSenderRecord) throws(StorageError) {
        try connection.statement(IndexSQL.putSender)
            .bind(1, record.id).bind(2, record.url).bind(3, record.instance)
            .bind(4, ByteString(words: record.path))
            .bind(5, record.live).bind(6, record.lastUpdate).bind(7, record.lastFull).bind(8, record.interval)
            .bind(9, record.names).run()
    }

    func removeSender(_ id: Int) throws(StorageError) {
        try connection.statement(IndexSQL.removeSender).bind(1, id).run()
    }

    // MARK: Entries

    func put(_ put: ListPut) throws(StorageError) {
        for name in put.names {
            guard let old = try found(name, put.sender) else {
                try insert(name, IndexEntry(sender: put.sender, first: put.generation, last: put.generation))
                continue
            }
            // What is visible keeps its beginning; what is not begins with the new generation.
            let first = old.isVisible(put.visible) ? min(old.first, put.generation) : put.generation
            let last = max(put.generation, first)
            if first == old.first && last == old.last { continue }
            try updateEntry.bind(1, name).bind(2, put.sender).bind(3, first).bind(4, last).run()
        }
    }

    private func found(_ name: ByteString, _ sender: Int) throws(StorageError) -> IndexEntry? {
        try entry.bind(1, name).bind(2, sender)
        defer { entry.reset() }
        guard try entry.step() else { return nil }
        return IndexEntry(sender: sender, first: entry.integer(0), last: entry.integer(1))
    }

    private func insert(_ name: ByteString, _ new: IndexEntry) throws(StorageError) {
        if try !hasName.bind(1, name).hasRow() { countChange.lfns += 1 }
        countChange.mappings += 1
        try insertEntry.bind(1, name).bind(2, new.sender).bind(3, new.first).bind(4, new.last).run()
    }

    func delete(sender: Int, names: [ByteString]) throws(StorageError) {
        for name in names {
            let removed = try connection.statement(IndexSQL.deleteEntry).bind(1, name).bind(2, sender).run()
            try noteRemoval(of: name, count: removed)
        }
    }

    func purge(_ entries: [PurgeEntry]) throws(StorageError) {
        for item in entries {
            let removed = try connection.statement(IndexSQL.purgeEntry).bind(1, item.lfn).bind(2, item.entry.sender)
                .bind(3, item.entry.first).bind(4, item.entry.last).run()
            try noteRemoval(of: item.lfn, count: removed)
        }
    }

    private func noteRemoval(of name: ByteString, count: Int) throws(StorageError) {
        if count == 0 { return }
        countChange.mappings -= count
        if try !hasName.bind(1, name).hasRow() { countChange.lfns -= 1 }
    }
}
