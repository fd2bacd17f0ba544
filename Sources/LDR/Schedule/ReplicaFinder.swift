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
    /// Of names without a copy: catalogs that the index named, and that do not have it.
    package var mistaken: [ByteString: [ByteString]] = [:]

    package init(urls: [ByteString: [ByteString]] = [:], problems: [String] = []) {
        self.urls = urls
        self.problems = problems
    }

    /// Why no copy of a name was found.
    func reason(without lfn: ByteString) -> String {
        if let problem = problems.first { return "no copy was found, and a catalog was not asked: \(problem)" }
        guard let mistaken = mistaken[lfn], !mistaken.isEmpty else {
            return "no catalog that the index knows has a copy"
        }
        let named = mistaken.prefix(3).map(\.description).joined(separator: ", ")
        return "the index is mistaken: asked, and without a copy: \(named)\(mistaken.count > 3 ? ", …" : "")"
    }
}

/// Asks the local index, and the catalogs that it names: what the index has wrong does not show.
package struct IndexedReplicaFinder: ReplicaFinder {
    private let locator = ReplicaLocator()
    private let indexes: [ServerAddress]

    package init(indexes: [ServerAddress]) { self.indexes = indexes }

    package func close() async { await locator.close() }

    /// Names of one journey; several are made at a time.
    private static let portion = 2_500

    package func find(_ lfns: [ByteString]) async throws -> FoundReplicas {
        try await withThrowingTaskGroup(of: FoundReplicas.self) { group in
            for start in stride(from: 0, to: lfns.count, by: Self.portion) {
                let part = Array(lfns[start..<min(start + Self.portion, lfns.count)])
                group.addTask { try await findPortion(part) }
            }
            var found = FoundReplicas()
            for try await part in group {
                found.urls.merge(part.urls) { $1 }
                found.mistaken.merge(part.mistaken) { $1 }
                found.problems += part.problems.filter { !found.problems.contains($0) }
            }
            return found
        }
    }

    private func findPortion(_ lfns: [ByteString]) async throws -> FoundReplicas {
        let result = try await locator.locate(lfns, through: indexes)
        var found = FoundReplicas(problems: result.skipped.map { "\($0.url): \($0.cause)" })
        for name in result.names {
            if !name.replicas.isEmpty {
                found.urls[name.lfn] = name.replicas.map(\.mapping.pfn)
            } else if !name.mistaken.isEmpty {
                found.mistaken[name.lfn] = name.mistaken
            }
        }
        return found
    }
}
