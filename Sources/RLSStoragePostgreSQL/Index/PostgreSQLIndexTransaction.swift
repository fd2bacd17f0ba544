import RLSCore
import RLSStorage

/// A write transaction of an index. Statements are queued; what they tell of counts is awaited at the end.
final class PostgreSQLIndexTransaction: IndexTransaction, PostgreSQLTransaction, PostgreSQLRLIRegistry {
    /// What the result of a queued statement is.
    private enum Answer {
        case nothing
        /// Entries and names that have come, or gone.
        case added, removed
    }

    static let schema = "rli"
    /// Names of one statement: it must end within the database's time-out.
    private static let portion = 5_000

    let registry = RegistrySQL(schema: schema)
    private let senderChanges: SenderChanges
    private var connection: PostgreSQLConnection?
    private var deadline = Deadline(in: .zero)
    private var answers: [Answer] = []
    private var counts = IndexCounts()
    private var countChange = IndexCounts()
    /// Number of the last commit that changed senders; this one included, if it does.
    private var change = 0
    private var changesSenders = false

    init(_ senderChanges: SenderChanges) { self.senderChanges = senderChanges }

    // MARK: Transaction

    func begin(
        _ changes: [IndexChange], as writer: ServerID, on connection: PostgreSQLConnection, by deadline: Deadline
    ) throws(StorageError) -> Int {
        (self.connection, self.deadline, answers) = (connection, deadline, [])
        (countChange, changesSenders) = (IndexCounts(), false)
        try connection.send("BEGIN ISOLATION LEVEL READ COMMITTED")
        try connection.send(IndexSQL.lockState)
        var parameters = PostgreSQLParameters()
        parameters.add(writer)
        try connection.send(IndexSQL.commits, parameters)
        let results = try connection.results(by: deadline)
        guard results.count == 3, results[1].count == 1 else {
            throw StorageError(.notADatabase, "the index's state is missing: restore rli.state from a backup")
        }
        change = results[1].integer(0, 0)
        counts = IndexCounts(lfns: results[1].integer(0, 1), mappings: results[1].integer(0, 2))
        return results[2].count == 1 ? results[2].integer(0, 0) : 0
    }

    private func live() throws(StorageError) -> PostgreSQLConnection {
        guard let connection else { throw StorageError(.other, "no transaction") }
        return connection
    }

    private func send(_ text: String, _ parameters: PostgreSQLParameters, _ answer: Answer) throws(StorageError) {
        try live().send(text, parameters)
        answers.append(answer)
    }

    func query(_ text: String, _ parameters: PostgreSQLParameters) throws(StorageError) -> PostgreSQLResult {
        // What is queued before it comes back with it.
        try send(text, parameters, .nothing)
        guard let result = try settle() else { throw StorageError(.other, "no result") }
        return result
    }

    /// Waits for what is queued.
    /// - Returns: the last result
    @discardableResult
    private func settle() throws(StorageError) -> PostgreSQLResult? {
        if answers.isEmpty { return nil }
        let results = try live().results(by: deadline)
        for (answer, result) in zip(exchange(&answers, with: []), results) {
            let sign = answer == .removed ? -1 : 1
            if answer == .nothing || result.count != 1 { continue }
            countChange.mappings += sign * result.integer(0, 0)
            countChange.lfns += sign * result.integer(0, 1)
        }
        return results.last
    }

    func finish() throws(StorageError) -> IndexCounts {
        try settle()
        if changesSenders { change += 1 }
        let total = IndexCounts(
            lfns: counts.lfns + countChange.lfns, mappings: counts.mappings + countChange.mappings)
        if changesSenders || countChange != IndexCounts() {
            var parameters = PostgreSQLParameters()
            for number in [change, total.lfns, total.mappings] { parameters.add(number) }
            try live().send(IndexSQL.setState, parameters)
        }
        return total
    }

    func abandoned() { connection = nil }

    func committed() {
        connection = nil
        if changesSenders { senderChanges.committed(change) }
    }

    // MARK: Senders

    func putSender(_ record: ListSenderRecord) throws(StorageError) {
        changesSenders = true
        var namesake = PostgreSQLParameters()
        namesake.add(record.url)
        namesake.add(record.instance)
        namesake.add(record.id)
        try send(IndexSQL.removeNamesake, namesake, .nothing)
        var parameters = PostgreSQLParameters()
        parameters.add(record.id)
        parameters.add(record.url)
        parameters.add(record.instance)
        parameters.add(ByteString(words: record.path))
        for number in [
            record.live, record.generation, record.lastUpdate, record.lastFull, record.interval, record.names,
        ] { parameters.add(number) }
        try send(IndexSQL.putSender, parameters, .nothing)
    }

    func removeSender(_ id: Int) throws(StorageError) {
        changesSenders = true
        var parameters = PostgreSQLParameters()
        parameters.add(id)
        try send(IndexSQL.removeSender, parameters, .nothing)
    }

    // MARK: Entries

    func put(_ put: ListPut) throws(StorageError) {
        for portion in put.names.ascendingWithoutRepeats.portions(Self.portion) {
            var parameters = PostgreSQLParameters()
            parameters.add(names: portion.map { StoredName($0) })
            for number in [put.sender, put.generation, put.visible.lowerBound, put.visible.upperBound] {
                parameters.add(number)
            }
            try send(IndexSQL.put, parameters, .added)
        }
    }

    func delete(sender: Int, names: [ByteString]) throws(StorageError) {
        for portion in names.portions(Self.portion) {
            var parameters = PostgreSQLParameters()
            parameters.add(names: portion.map { StoredName($0) })
            parameters.add([Int](repeating: sender, count: portion.count))
            try send(IndexSQL.delete, parameters, .removed)
        }
    }

    func purge(_ entries: [PurgeEntry]) throws(StorageError) {
        for portion in entries.portions(Self.portion) {
            var parameters = PostgreSQLParameters()
            parameters.add(names: portion.map { StoredName($0.lfn) })
            parameters.add(portion.map(\.entry.sender))
            parameters.add(portion.map(\.entry.first))
            parameters.add(portion.map(\.entry.last))
            try send(IndexSQL.purge, parameters, .removed)
        }
    }
}

extension [ByteString] {
    /// As a sender of ours tells them: neighbours share pages of the tables.
    fileprivate var ascendingWithoutRepeats: [ByteString] {
        if zip(self, dropFirst()).allSatisfy(<) { return self }
        var result: [ByteString] = []
        result.reserveCapacity(count)
        for name in sorted() where result.last != name { result.append(name) }
        return result
    }
}
