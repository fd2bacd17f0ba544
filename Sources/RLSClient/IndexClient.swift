import RLSCore
import RLSWire

/// The index behind a connection, with typed calls. What an index says may be stale, and with Bloom filters wrong: the
/// catalogs that it names have the last word, and `ReplicaLocator` asks them.
///
/// Every call throws `CatalogError` when the server refuses, 9 (`invalidServer`) when it is no index among them, and
/// `ClientError` when there is no answer.
public struct IndexClient: Sendable {
    public let connection: RLSConnection

    public init(_ connection: RLSConnection) { self.connection = connection }

    /// Connects to an index server.
    ///
    /// - Parameters:
    ///   - timeout: longest silence of the server, now and during each later call
    ///   - credential: what an `rls://` server is shown
    public static func connect(
        to address: ServerAddress, timeout: Duration = .seconds(30), credential: ClientCredential = .environment
    ) async throws -> IndexClient {
        IndexClient(try await RLSConnection.connect(to: address, timeout: timeout, credential: credential))
    }

    /// The catalogs that may have a logical name: at least one, otherwise it throws `lfnNotFound`.
    public func locations(of lfn: ByteString) async throws -> [IndexedLocation] {
        let name = try lfn.checkedAsName()
        return try await pages(Methods.getLRC, name, limit: 0)
    }

    /// The catalogs that may have each of these names, in the order of the names. A name that the index does not know
    /// is not in the result.
    public func locations(of lfns: [ByteString]) async throws -> [IndexedLocation] {
        try await lookups(of: lfns).compactMap { item in
            guard case .success(let pair) = item.result else { return nil }
            return IndexedLocation(lfn: pair.first, lrc: pair.second)
        }
    }

    /// The catalogs that may have each name, or why there is none.
    package func lookups(of lfns: [ByteString]) async throws -> [BulkLookupItem] {
        let names = try lfns.map { name throws(CatalogError) in BulkName(try name.checkedAsName()) }
        return try await connection.call(Methods.getLRCBulk, BulkArguments(names)).items
    }

    /// The names that match, with their catalogs, in the server's order; `lfnNotFound` when there is none,
    /// `unsupported` from an index that holds nothing but Bloom filters, which cannot be searched.
    ///
    /// - Parameter limit: rows a request fetches, 0 for as many as the server gives; the result is whole all the same
    public func locations(matching pattern: SQLPattern, limit: Int = 0) async throws -> [IndexedLocation] {
        try await pages(Methods.getLRCWildcard, pattern.source, limit: limit)
    }

    /// Throws `lfnNotFound` or `lrcNotFound` when the index does not know the name or catalog.
    public func exists(_ kind: IndexNameKind, _ name: ByteString) async throws {
        _ = try await connection.call(Methods.indexExists, ObjectArguments(kind, name))
    }

    /// The outcome for each name.
    package func exist(_ kind: IndexNameKind, _ names: [ByteString]) async throws -> [IndexExistsItem] {
        try await connection.call(Methods.indexExistsBulk, BulkExistsArguments(kind, names)).items
    }

    /// Throws `mappingNotFound` when the index does not think that this catalog has this name.
    public func exists(_ location: IndexedLocation) async throws {
        let mapping = Mapping(lfn: try location.lfn.checkedAsName(), pfn: try location.lrc.checkedAsName())
        _ = try await connection.call(Methods.indexMappingExists, MappingArguments(mapping))
    }

    /// The servers that update this index. Servers before 2.1 do not know the question: `badMethod`, after which the
    /// connection is closed.
    public func senders() async throws -> [IndexSender] { try await senders(Methods.senderList) }

    /// The same of a server before 2.1, which only catalogs update.
    package func catalogSenders() async throws -> [IndexSender] { try await senders(Methods.lrcList) }

    /// Servers call it an error that there is none, and do not agree which.
    private func senders(_ method: Method<NoArguments, SenderItem>) async throws -> [IndexSender] {
        do {
            return try await connection.call(method, NoArguments()).items.map {
                IndexSender(url: $0.url, lastUpdate: $0.lastUpdate)
            }
        } catch let error as CatalogError where [.rliNotFound, .lrcNotFound].contains(error.code) {
            return []
        }
    }

    private func pages(
        _ method: Method<NamePageArguments, PairItem>, _ name: ByteString, limit: Int
    ) async throws -> [IndexedLocation] {
        try await Paging.all(limit: limit) { page in
            try await connection.call(method, NamePageArguments(name: name, page: page))
        }.map { IndexedLocation(lfn: $0.first, lrc: $0.second) }
    }
}
