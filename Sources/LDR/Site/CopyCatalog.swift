import RLSClient
import RLSCore

/// Where a site's copies are: its LRC, or a stand-in of a test.
package protocol CopyCatalog: Sendable {
    /// The copies of names.
    func copies(of lfns: [ByteString]) async throws -> [Mapping]
    /// The mappings of places: whose copies they are.
    func owners(of pfns: [ByteString]) async throws -> [Mapping]
    /// Makes these copies known; it is no error that some are.
    /// - Returns: those that the catalog does not take, whatever may be repeated; it has all others
    func register(_ copies: [Mapping]) async throws -> [RefusedCopy]
    /// Forgets these copies; it is no error that some are not known.
    func unregister(_ copies: [Mapping]) async throws
}

/// All of a catalog, too.
package protocol CopyListing: CopyCatalog {
    func allCopies() async throws -> [Mapping]
}

extension CopyCatalog {
    /// - Throws: `RefusedCopy` for the first that is refused; the catalog has all others
    func registerAll(_ copies: [Mapping]) async throws {
        if let refused = try await register(copies).first { throw refused }
    }
}

/// A site's LRC. Requests are idempotent, so each is made once more when the connection turns out to be lost.
package actor CatalogLink: CopyListing {
    /// Of one request.
    private static let batch = 1_000
    private static let timeout = Duration.seconds(60)

    package let address: ServerAddress
    private var client: CatalogClient?

    package init(_ address: ServerAddress) { self.address = address }

    package func close() async {
        await client?.connection.close()
        client = nil
    }

    package func copies(of lfns: [ByteString]) async throws -> [Mapping] {
        try await inBatches(lfns) { client, names in try await client.knownMappings(of: .lfn, names) }
    }

    package func owners(of pfns: [ByteString]) async throws -> [Mapping] {
        try await inBatches(pfns) { client, names in try await client.knownMappings(of: .pfn, names) }
    }

    package func allCopies() async throws -> [Mapping] {
        do {
            return try await twice { client in
                try await client.mappings(matching: SQLPattern("%"), by: .lfn, limit: 10_000)
            }
        } catch let error as CatalogError where error.code == .lfnNotFound {
            return []
        }
    }

    /// - Throws: `CatalogError` for what is no fault of a mapping; then any of them may be known or not
    package func register(_ copies: [Mapping]) async throws -> [RefusedCopy] {
        // A server may end the connection for a name of any length.
        let refused = copies.compactMap { copy in copy.lengthProblem.map { RefusedCopy(copy, $0) } }
        let good = refused.isEmpty ? copies : copies.filter { $0.lengthProblem == nil }
        let failures = try await inBatches(good) { client, mappings in try await client.ensure(mappings) }
        // Where nothing at all may be written, the site is to be put right, not a file.
        let isForbidden = failures.count == good.count && failures.allSatisfy { $0.code == .permission }
        if let failure = failures.first(where: { isForbidden || !$0.code.concernsNames }) {
            throw CatalogError(failure.code, failure.mapping.lfn)
        }
        return refused + failures.map { RefusedCopy($0.mapping, $0.code.text) }
    }

    package func unregister(_ copies: [Mapping]) async throws {
        let failures = try await inBatches(copies) { client, mappings in try await client.deleteAll(mappings) }
        let gone: [StatusCode] = [.mappingNotFound, .lfnNotFound, .pfnNotFound]
        if let failure = failures.first(where: { !gone.contains($0.code) }) {
            throw CatalogError(failure.code, failure.mapping.lfn)
        }
    }

    private func inBatches<Item: Sendable, Value: Sendable>(
        _ items: [Item], _ call: @Sendable (CatalogClient, [Item]) async throws -> [Value]
    ) async throws -> [Value] {
        var found: [Value] = []
        for start in stride(from: 0, to: items.count, by: Self.batch) {
            let part = Array(items[start..<min(start + Self.batch, items.count)])
            found += try await twice { client in try await call(client, part) }
        }
        return found
    }

    private func twice<Value: Sendable>(
        _ call: @Sendable (CatalogClient) async throws -> Value
    ) async throws -> Value {
        let isFresh = client == nil
        do { return try await call(try await connected()) } catch let error as ClientError {
            await close()
            guard !isFresh, error.code == .closed else { throw error }
            return try await call(try await connected())
        }
    }

    private func connected() async throws -> CatalogClient {
        if let client { return client }
        let new = try await CatalogClient.connect(to: address, timeout: Self.timeout)
        client = new
        return new
    }
}
