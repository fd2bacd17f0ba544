import NIOConcurrencyHelpers
import NIOPosix
import RLSCore
import RLSStorage

/// Reads the catalog's names, ascending, a batch at a time, on threads that may block.
final class NameScan: Sendable {
    private struct State: @unchecked Sendable {
        let reader: any CatalogReader
        var after: ByteString?
        var isAtEnd = false
    }

    private let partition: NamePartition
    private let state: NIOLockedValueBox<State>

    init(_ store: any CatalogStore, _ partition: NamePartition) throws(StorageError) {
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

    /// A part of the name space may be far between: no turn looks at more than ten times what it is to find.
    private func read(_ size: Int, _ state: inout State) throws(StorageError) -> [ByteString] {
        if state.isAtEnd { return [] }
        var names: [ByteString] = []
        var last: ByteString?
        var (seen, bytes) = (0, 0)
        try state.reader.lfns(after: state.after) { name in
            seen += 1
            if partition.contains(name) {
                names.append(ByteString(name))
                bytes += name.count
            }
            if names.count < size && bytes < PeerSession.batchBytes && seen < size * 10 { return .next }
            last = ByteString(name)
            return .stop
        }
        state.reader.release()
        state.after = last
        state.isAtEnd = last == nil
        return names
    }
}
