import NIOConcurrencyHelpers
import NIOPosix
import RLSCore
import RLSStorage

/// Reads the names of a whole list, ascending, a batch at a time, on threads that may block.
final class NameScan: Sendable {
    /// Visits names behind a position; of those that are not `wanted` only the place counts.
    typealias Walk = (_ after: IndexPosition?, _ visit: Visitor) throws(StorageError) -> Void
    typealias Visitor = (_ name: Span<UInt8>, _ sender: Int, _ isWanted: Bool) -> Visit

    /// `@unchecked Sendable`: the walk has a reader, and is used under the lock.
    private struct State: @unchecked Sendable {
        let walk: Walk
        var after: IndexPosition?
        var isAtEnd = false
    }

    private let partition: NamePartition
    private let state: NIOLockedValueBox<State>

    private init(_ partition: NamePartition, walk: sending @escaping Walk) {
        self.partition = partition
        state = NIOLockedValueBox(State(walk: walk))
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

    /// A part of the name space may be far between: no turn looks at more than ten times what it is to find.
    private func read(_ size: Int, _ state: inout State) throws(StorageError) -> [ByteString] {
        if state.isAtEnd { return [] }
        var names: [ByteString] = []
        var last: IndexPosition?
        var (seen, bytes) = (0, 0)
        try state.walk(state.after) { name, sender, isWanted in
            seen += 1
            if isWanted && partition.contains(name) {
                names.append(ByteString(name))
                bytes += name.count
            }
            if names.count < size && bytes < PeerSession.batchBytes && seen < size * 10 { return .next }
            last = IndexPosition(lfn: ByteString(name), sender: sender)
            return .stop
        }
        state.after = last
        state.isAtEnd = last == nil
        return names
    }
}

extension NameScan {
    /// Of a catalog.
    convenience init(_ store: any CatalogStore, _ partition: NamePartition) throws(StorageError) {
        let reader = try store.makeReader()
        self.init(partition) { (after, visit) throws(StorageError) in
            defer { reader.release() }
            try reader.lfns(after: after?.lfn) { visit($0, 0, true) }
        }
    }

    /// Of one sender's list in an index.
    convenience init(
        _ sender: Int, of index: LocationIndex, in store: any IndexStore, _ partition: NamePartition
    ) throws(StorageError) {
        let reader = try store.makeReader()
        self.init(partition) { (after, visit) throws(StorageError) in
            defer { reader.release() }
            let (senders, now) = (index.table.withLockedValue { $0 }, index.clock.now)
            try reader.entries(prefix: .empty, order: .ascending, after: after) { lfn, entry in
                visit(lfn, entry.sender, entry.sender == sender && senders.url(of: entry, at: now) != nil)
            }
        }
    }
}
