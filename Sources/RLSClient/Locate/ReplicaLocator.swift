import RLSCore

/// Finds replicas: asks an index which catalogs may have the names, asks those catalogs, and tells what they have. What
/// the index had wrong (state that is stale, or a Bloom filter's false positive) does not show, because the catalogs
/// have the last word; a catalog that does not answer costs its time-out, delays no other, and is told of in the
/// result.
///
/// Connections are kept from call to call. `close` ends them.
public struct ReplicaLocator: Sendable {
    /// Names in one request: what is lost with a connection is that much, and its answer comes well within a time-out.
    private static let batch = 1_000

    private let pool: ConnectionPool
    private let questioner: Questioner

    /// - Parameters:
    ///   - concurrency: catalogs that one call asks at once
    ///   - limits: of the connections of all calls
    ///   - credential: what `rls://` servers are shown, index and catalogs
    public init(
        concurrency: Int = 32, limits: ConnectionPool.Limits = ConnectionPool.Limits(),
        credential: ClientCredential = .environment
    ) {
        pool = ConnectionPool(limits: limits, credential: credential)
        questioner = Questioner(pool: pool, concurrency: max(1, concurrency))
    }

    /// Ends the connections that are kept.
    public func close() async { await pool.close() }

    /// The replicas of logical names.
    ///
    /// - Parameters:
    ///   - lfns: as many as there are; asked for in batches. What cannot be a name has no replicas.
    ///   - indexes: the first that answers is used; others only when the ones before did not answer
    ///   - timeout: longest time that one server may take for a batch, from connecting to the end of its answer
    ///   - avoiding: catalogs not to ask, as an earlier result told that they do not answer; they count as skipped
    /// - Throws: `NoIndexAnswered`, `CancellationError`. A catalog that fails is no error.
    public func locate(
        _ lfns: [ByteString], through indexes: [ServerAddress], timeout: Duration = .seconds(30),
        avoiding: [SkippedServer] = []
    ) async throws -> LocateResult {
        var survey = Survey(lfns, indexes: indexes, avoiding: avoiding)
        let askable = survey.names.filter(\.isName)
        for start in stride(from: 0, to: askable.count, by: Self.batch) {
            let names = Array(askable[start..<min(start + Self.batch, askable.count)])
            let locations = try await questioner.askIndex(names, &survey, timeout)
            await questioner.askCatalogs(survey.questions(locations), &survey, timeout)
            try Task.checkCancellation()
        }
        return survey.result
    }

    /// The same with the index servers one by one.
    public func locate(
        _ lfns: [ByteString], through indexes: ServerAddress..., timeout: Duration = .seconds(30)
    ) async throws -> LocateResult {
        try await locate(lfns, through: indexes, timeout: timeout)
    }
}
