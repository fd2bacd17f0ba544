import RLSClient
import RLSCore
import RLSWire

/// The index servers that a server updates: as a catalog, or as an index in a hierarchy.
struct UpdatedServers {
    let session: CLISession
    let asIndex: Bool

    /// The same questions have other names for the two roles.
    private struct Names {
        let add: Method<AddRLIArguments, NoResult>
        let delete: Method<WordPairArguments, NoResult>
        let partitions: Method<WordPairArguments, PairItem>

        static let catalog = Names(
            add: Methods.rliAdd, delete: Methods.rliDelete, partitions: Methods.rliPartitions)
        static let index = Names(
            add: Methods.parentAdd, delete: Methods.parentDelete, partitions: Methods.parentPartitions)
    }

    /// One request a pattern; none of them: one for all names.
    func add(_ server: AdminRequest.IndexServer, flags: Int) async throws {
        try await asked { connection, names in
            for pattern in server.patternsOrAll {
                let arguments = AddRLIArguments(url: server.url, flags: flags, pattern: pattern)
                _ = try await connection.call(names.add, arguments)
            }
        }
    }

    func remove(_ server: AdminRequest.IndexServer) async throws {
        try await asked { connection, names in
            for pattern in server.patternsOrAll {
                _ = try await connection.call(names.delete, WordPairArguments(server.url, pattern))
            }
        }
    }

    /// `  rlsn://127.0.0.1:39281           all LFNs`. To update nobody is no error, as it is for the original.
    func list(_ server: AdminRequest.IndexServer?) async throws {
        let arguments = WordPairArguments(server?.url ?? .empty, server?.patterns.first ?? .empty)
        let pairs: [PairItem]
        do {
            pairs = try await asked { try await $0.call($1.partitions, arguments).items }
        } catch let error as CatalogError where error.code == .rliNotFound {
            return session.output.error("\(session.address) updates no \(server == nil ? "" : "such ")index server")
        }
        for pair in pairs { show(pair) }
    }

    private func show(_ pair: PairItem) {
        let gap = String(repeating: " ", count: max(1, 33 - pair.first.count))
        let pattern: [(String, JSONField)] = pair.second.isEmpty ? [] : [("pattern", .bytes(pair.second))]
        session.output.result(
            pair.first + ByteString(gap) + (pair.second.isEmpty ? "all LFNs" : pair.second),
            [("rli", .bytes(pair.first))] + pattern)
    }

    /// As the catalog that the server is, or, if it is none, as the index.
    private func asked<Value>(_ body: (RLSConnection, Names) async throws -> Value) async throws -> Value {
        if asIndex { return try await body(try await session.client.connection, .index) }
        switch try await flags() {
        case let flags? where flags.contains(.lrc): return try await body(try await session.client.connection, .catalog)
        case let flags? where flags.contains(.rli): return try await body(try await session.client.connection, .index)
        default:
            do { return try await body(try await session.client.connection, .catalog) } catch let error as CatalogError
                where error.code == .invalidServer
            {
                return try await body(try await session.client.connection, .index)
            }
        }
    }

    /// nil when the server does not tell.
    private func flags() async throws -> ServerStatistics.Flags? {
        do { return try await session.client.statistics().flags } catch let error as CatalogError {
            if error.code == .badMethod { await session.disconnect() }
            return nil
        }
    }
}

extension AdminRequest.IndexServer {
    fileprivate var patternsOrAll: [ByteString] { patterns.isEmpty ? [.empty] : patterns }
}
