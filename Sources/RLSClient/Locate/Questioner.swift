import RLSCore
import RLSWire

/// Asks index and catalogs for a `Survey`.
struct Questioner: Sendable {
    let pool: ConnectionPool
    let concurrency: Int

    private struct Answer: Sendable {
        let question: CatalogQuestion
        let outcome: Result<[BulkLookupItem], any Error>
    }

    /// What the first index that answers says.
    func askIndex(
        _ names: [ByteString], _ survey: inout Survey, _ timeout: Duration
    ) async throws -> [IndexedLocation] {
        while let address = survey.indexes.first {
            do {
                let items = try await index(address, names, timeout)
                survey.indexAnswered(address)
                survey.takeRefusals(items, url: ByteString(address.description))
                return items.compactMap(\.pair).map { IndexedLocation(lfn: $0.first, lrc: $0.second) }
            } catch {
                try Task.checkCancellation()
                survey.indexFailed(address, error)
            }
        }
        throw NoIndexAnswered(indexes: survey.skippedIndexes)
    }

    private func index(
        _ address: ServerAddress, _ names: [ByteString], _ timeout: Duration
    ) async throws -> [BulkLookupItem] {
        try await bulkOrSingly(address, names, timeout) {
            try await IndexClient($0).lookups(of: $1)
        } one: { connection, name in
            try await IndexClient(connection).locations(of: name).map { PairItem($0.lfn, $0.lrc) }
        }
    }

    /// All at once, as many as may be.
    func askCatalogs(_ questions: [CatalogQuestion], _ survey: inout Survey, _ timeout: Duration) async {
        var waiting = questions[...]
        await withTaskGroup(of: Answer.self) { group in
            for _ in 0..<concurrency {
                guard let question = waiting.popFirst() else { break }
                group.addTask { await ask(question, timeout) }
            }
            while let answer = await group.next() {
                survey.take(answer.outcome, of: answer.question)
                if let question = waiting.popFirst() { group.addTask { await ask(question, timeout) } }
            }
        }
    }

    private func ask(_ question: CatalogQuestion, _ timeout: Duration) async -> Answer {
        do {
            let items = try await bulkOrSingly(question.address, question.names, timeout) {
                try await CatalogClient($0).mappings(of: .lfn, names: $1)
            } one: { connection, name in
                try await CatalogClient(connection).mappings(of: .lfn, name).map { PairItem($0.lfn, $0.pfn) }
            }
            return Answer(question: question, outcome: .success(items))
        } catch {
            return Answer(question: question, outcome: .failure(error))
        }
    }

    private typealias Bulk = @Sendable (RLSConnection, [ByteString]) async throws -> [BulkLookupItem]
    private typealias One = @Sendable (RLSConnection, ByteString) async throws -> [PairItem]

    /// Servers before 2.0.4 know no bulk queries: they answer 8, close, and are asked name by name. One name is asked
    /// for the way that all understand.
    private func bulkOrSingly(
        _ address: ServerAddress, _ names: [ByteString], _ timeout: Duration, bulk: @escaping Bulk, one: @escaping One
    ) async throws -> [BulkLookupItem] {
        let singly: @Sendable (RLSConnection) async throws -> [BulkLookupItem] = { connection in
            var items: [BulkLookupItem] = []
            for name in names { items += try await Self.items(name) { try await one(connection, name) } }
            return items
        }
        return try await TimeLimit.run(timeout) {
            do {
                if names.count == 1 { return try await pool.read(from: address, timeout: timeout, singly) }
                return try await pool.read(from: address, timeout: timeout) { try await bulk($0, names) }
            } catch let error as CatalogError where error.code == .badMethod && names.count > 1 {
                return try await pool.read(from: address, timeout: timeout, singly)
            }
        }
    }

    /// What a bulk query says of the name.
    private static func items(
        _ name: ByteString, _ ask: () async throws -> [PairItem]
    ) async throws -> [BulkLookupItem] {
        do { return try await ask().map { BulkLookupItem(.success($0)) } } catch let error as CatalogError
            where error.code == .lfnNotFound
        {
            return [BulkLookupItem(.failure(CatalogError(.lfnNotFound, name)))]
        }
    }
}

extension Survey {
    mutating func take(_ outcome: Result<[BulkLookupItem], any Error>, of question: CatalogQuestion) {
        switch outcome {
        case .failure(let error): catalogFailed(question, error)
        case .success(let items):
            catalogAnswered(question, items.compactMap(\.pair).map { Mapping(lfn: $0.first, pfn: $0.second) })
            for case .failure(let error) in items.lazy.map(\.result) where error.code == .lfnNotFound {
                catalogLacks(error.subject, question)
            }
            takeRefusals(items, url: question.url)
        }
    }

    /// That a server does not have a name is an answer; any other code is none.
    mutating func takeRefusals(_ items: [BulkLookupItem], url: ByteString) {
        for item in items {
            guard case .failure(let error) = item.result, error.code != .lfnNotFound else { continue }
            nameRefused(error.subject, url, error)
        }
    }
}

extension BulkLookupItem {
    fileprivate var pair: PairItem? { try? result.get() }
}
