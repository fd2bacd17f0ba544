import RLSCore
import RLSWire

/// The catalog behind a connection, with typed calls. Every call throws `CatalogError` when the server refuses and
/// `ClientError` when there is no answer.
public struct CatalogClient: Sendable {
    public let connection: RLSConnection

    public init(_ connection: RLSConnection) { self.connection = connection }

    /// Connects to a catalog server.
    public static func connect(
        to address: ServerAddress, timeout: Duration = .seconds(30), credential: ClientCredential = .environment
    ) async throws -> CatalogClient {
        CatalogClient(try await RLSConnection.connect(to: address, timeout: timeout, credential: credential))
    }

    // MARK: Mappings

    /// The LFN must be new.
    public func create(_ mapping: Mapping) async throws {
        _ = try await connection.call(Methods.create, MappingArguments(mapping))
    }

    /// Adds a target to an LFN that exists.
    public func add(_ mapping: Mapping) async throws {
        _ = try await connection.call(Methods.add, MappingArguments(mapping))
    }

    /// An LFN and a PFN disappear with their last mapping.
    public func delete(_ mapping: Mapping) async throws {
        _ = try await connection.call(Methods.delete, MappingArguments(mapping))
    }

    /// Makes these mappings exist, whatever was there; returns those that could not be.
    public func ensure(_ mappings: [Mapping]) async throws -> [MappingFailure] {
        try await bulk(Methods.ensureBulk, mappings)
    }

    public func createAll(_ mappings: [Mapping]) async throws -> [MappingFailure] {
        try await bulk(Methods.createBulk, mappings)
    }

    public func addAll(_ mappings: [Mapping]) async throws -> [MappingFailure] {
        try await bulk(Methods.addBulk, mappings)
    }

    public func deleteAll(_ mappings: [Mapping]) async throws -> [MappingFailure] {
        try await bulk(Methods.deleteBulk, mappings)
    }

    private func bulk(
        _ method: Method<BulkArguments<BulkPair>, BulkFailure>, _ mappings: [Mapping]
    ) async throws -> [MappingFailure] {
        let pairs = BulkArguments(mappings.map { BulkPair($0.lfn, $0.pfn) })
        return try await connection.call(method, pairs).items.map {
            MappingFailure(mapping: Mapping(lfn: $0.first, pfn: $0.second), code: $0.code)
        }
    }

    public func exists(_ kind: NameKind, _ name: ByteString) async throws {
        _ = try await connection.call(Methods.exists, ObjectArguments(name: name, kind: kind))
    }

    public func rename(_ kind: NameKind, from old: ByteString, to new: ByteString) async throws {
        let method = kind == .lfn ? Methods.renameLFN : Methods.renamePFN
        _ = try await connection.call(method, RenameArguments(old: old, new: new))
    }

    /// The mappings of a name, all of them.
    public func mappings(of kind: NameKind, _ name: ByteString) async throws -> [Mapping] {
        let method = kind == .lfn ? Methods.getPFN : Methods.getLFN
        return try await Paging.all(limit: 0) { page in
            try await connection.call(method, NamePageArguments(name: name, page: page))
        }.map { Mapping(lfn: $0.first, pfn: $0.second) }
    }

    /// The mappings whose name matches, fetched `limit` at a time (0: as many as the server gives), in the server's order.
    public func mappings(matching pattern: SQLPattern, by kind: NameKind, limit: Int = 0) async throws -> [Mapping] {
        let method = kind == .lfn ? Methods.getPFNWildcard : Methods.getLFNWildcard
        return try await Paging.all(limit: limit) { page in
            try await connection.call(method, NamePageArguments(name: pattern.source, page: page))
        }.map { Mapping(lfn: $0.first, pfn: $0.second) }
    }

    /// The mappings of each name, or why it has none.
    package func mappings(of kind: NameKind, names: [ByteString]) async throws -> [BulkLookupItem] {
        let method = kind == .lfn ? Methods.getPFNBulk : Methods.getLFNBulk
        return try await connection.call(method, BulkArguments(names.map(BulkName.init))).items
    }

    // MARK: Attributes

    public func define(_ definition: AttributeDefinition) async throws {
        _ = try await connection.call(Methods.attributeCreate, DefineAttributeArguments(definition))
    }

    /// - Parameter clearsValues: remove the values too; otherwise an attribute in use is refused
    public func undefine(_ name: ByteString, of kind: NameKind, clearsValues: Bool = false) async throws {
        let arguments = UndefineAttributeArguments(name: name, kind: kind, clearsValues: clearsValues)
        _ = try await connection.call(Methods.attributeDelete, arguments)
    }

    /// - Parameter name: one definition, or all when nil
    public func definitions(of kind: NameKind, _ name: ByteString? = nil) async throws -> [AttributeDefinition] {
        try await connection.call(Methods.attributeGet, AttributeListArguments(name: name, kind: kind)).items.map {
            AttributeDefinition(name: $0.name, kind: kind, type: $0.type)
        }
    }

    /// - Parameter name: one attribute, or all when nil
    package func values(of kind: NameKind, _ key: ByteString, _ name: ByteString? = nil) async throws
        -> [AttributeValueItem]
    {
        let arguments = ObjectAttributeArguments(key: key, name: name, kind: kind)
        return try await connection.call(Methods.attributeValueGet, arguments).items
    }

    package func search(
        _ name: ByteString, of kind: NameKind, _ comparison: AttributeOperator, _ operands: [ByteString], limit: Int = 0
    ) async throws -> [AttributeValueItem] {
        try await Paging.all(limit: limit) { page in
            let arguments = SearchArguments(
                name: name, kind: kind, comparison: comparison, operands: operands, page: page)
            return try await connection.call(Methods.attributeSearch, arguments)
        }
    }

    // MARK: Server

    /// Names of the methods that the server knows; nil from a server of the original kind, which closes the connection.
    package func capabilities() async throws -> Set<ByteString>? {
        do {
            return Set(try await connection.call(Methods.capabilities, NoArguments()).items.map(\.first))
        } catch let error as CatalogError where error.code == .badMethod {
            return nil
        }
    }

    public func statistics() async throws -> ServerStatistics {
        let reply = try await connection.call(Methods.stats, NoArguments())
        guard let first = reply.items.first else { throw ClientError(.badReply, "empty stats reply") }
        return first.statistics
    }
}

/// A mapping that a bulk call could not do, and why.
public struct MappingFailure: Sendable, Hashable {
    public let mapping: Mapping
    public let code: StatusCode
}
