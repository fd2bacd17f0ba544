import NIOConcurrencyHelpers
import RLSStorage

/// Whether other servers have changed senders, and how many names there are by now.
final class SenderChanges: Sendable {
    private let counts: PublishedCounts<IndexCounts>
    /// Number of the last change of senders that this server has made or seen.
    private let seen = NIOLockedValueBox<Int?>(nil)

    init(counts: PublishedCounts<IndexCounts>) { self.counts = counts }

    /// This server has committed a change of senders: news only to others, if all before it was known.
    func committed(_ number: Int) { seen.withLockedValue { if $0 == number - 1 { $0 = number } } }

    /// All senders, if others have changed one since the last call.
    func changedSenders(_ session: PostgreSQLSession) throws(StorageError) -> [ListSenderRecord]? {
        let (known, publications) = (seen.withLockedValue { $0 }, counts.publications)
        var parameters = PostgreSQLParameters()
        parameters.add(known ?? -1)
        let result = try session.run(by: Deadline(in: .seconds(1))) { (connection, deadline) throws(StorageError) in
            try connection.query(IndexSQL.changedSenders, parameters, by: deadline)
        }
        guard result.count > 0 else { throw StorageError(.notADatabase, "the index's state is missing") }
        counts.publish(IndexCounts(lfns: result.integer(0, 1), mappings: result.integer(0, 2)), after: publications)
        let number = result.integer(0, 0)
        if number == known { return nil }
        seen.withLockedValue { $0 = number }
        // Without senders there is one row, of the state alone.
        return (0..<result.count).filter { !result.isNull($0, 3) }.map { result.sender($0, 3) }
    }
}
