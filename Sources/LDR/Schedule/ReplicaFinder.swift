import RLSClient
import RLSCore

/// Where copies at other sites are.
package protocol ReplicaFinder: Sendable {
    /// URLs of copies of each name that has any; what could not be asked is in the reasons.
    func find(_ lfns: [ByteString]) async throws -> FoundReplicas
}

package struct FoundReplicas: Sendable {
    package var urls: [ByteString: [ByteString]] = [:]
    /// Why there may be more copies than these.
    package var problems: [String] = []

    package init(urls: [ByteString: [ByteString]] = [:], problems: [String] = []) {
        self.urls = urls
        self.problems = problems
    }
}

/// Asks the local index, and the catalogs that it names: what the index has wrong does not show.
package struct IndexedReplicaFinder: ReplicaFinder {
    private let locator = ReplicaLocator()
    private let indexes: [ServerAddress]

    package init(indexes: [ServerAddress]) { self.indexes = indexes }

    package func close() async { await locator.close() }

    package func find(_ lfns: [ByteString]) async throws -> FoundReplicas {
        let result = try await locator.locate(lfns, through: indexes)
        var found = FoundReplicas(problems: result.skipped.map { "\($0.url): \($0.cause)" })
        for name in result.names where !name.replicas.isEmpty {
            found.urls[name.lfn] = name.replicas.map(\.mapping.pfn)
        }
        return found
    }
}
