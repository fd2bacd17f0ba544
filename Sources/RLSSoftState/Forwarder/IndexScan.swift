import NIOConcurrencyHelpers
import NIOPosix
import RLSCore
import RLSStorage

/// Reads the names that one sender's list shows, ascending, a batch at a time, on threads that may block.
final class IndexScan: Sendable {
    private struct State: @unchecked Sendable {
        let reader: any IndexReader
        var after: IndexPosition?
        var isAtEnd = false
    }

    private let sender: Int
    private let index: LocationIndex
    private let partition: NamePartition
    private let state: NIOLockedValueBox<State>

    init(_ sender: Int, of index: LocationIndex, in store: any IndexStore, _ partition: NamePartition)
        throws(StorageError)
    {
        self.sender = sender
        self.index = index
        self.partition = partition
        state = NIOLockedValueBox(State(reader: try store.makeReader()))
    }

    /// Empty at the end.
    func next(_ size: Int) async throws -> [ByteString] {
        while true {
            let (names, isAtEnd) = try await NIOThreadPool.singleton.runIfActive {
                try self.state.withLockedValue { (try self.read(size, &$0), $0.isAtEnd) }
            }
            if !names.isEmpty || isAtEnd { return names }
        }
    }

    private func read(_ size: Int, _ state: inout State) throws(StorageError) -> [ByteString] {
        if state.isAtEnd { return [] }
        let (senders, now) = (index.table.withLockedValue { $0 }, index.clock.now)
        var names: [ByteString] = []
        var last: IndexPosition?
        var (seen, bytes) = (0, 0)
        try state.reader.entries(prefix: .empty, order: .ascending, after: state.after) { lfn, entry in
            seen += 1
            if entry.sender == sender, senders.url(of: entry, at: now) != nil, partition.contains(lfn) {
                names.append(ByteString(lfn))
                bytes += lfn.count
            }
            if names.count < size && bytes < PeerSession.batchBytes && seen < size * 10 { return .next }
            last = IndexPosition(lfn: ByteString(lfn), sender: entry.sender)
            return .stop
        }
        state.reader.release()
        state.after = last
        state.isAtEnd = last == nil
        return names
    }
}
