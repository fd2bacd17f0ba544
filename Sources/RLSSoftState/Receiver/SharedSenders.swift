import NIOConcurrencyHelpers
import RLSCore
import RLSStorage

/// Looks whether other servers have changed senders in a shared store.
final class SharedSenders: Sendable {
    /// `@unchecked Sendable`: the reader is used under the lock.
    private struct State: @unchecked Sendable {
        var reader: (any IndexReader)?
        var known: Set<Int>
        var isDown = false
    }

    private let store: any IndexStore
    private let state: NIOLockedValueBox<State>

    /// nil for a store that one server has to itself.
    init?(_ store: (any IndexStore)?, known: [IndexSender]) {
        guard let store, store.isShared else { return nil }
        self.store = store
        state = NIOLockedValueBox(State(known: Set(known.map(\.id))))
    }

    /// Calls `merge` if something has changed, with all records and the numbers of those that there were the last time.
    func follow(_ merge: ([ListSenderRecord], Set<Int>) -> Void) throws(StorageError) {
        try state.withLockedValue { state -> Result<Void, StorageError> in
            do throws(StorageError) { return .success(try follow(&state, merge)) } catch { return .failure(error) }
        }.get()
    }

    private func follow(
        _ state: inout State, _ merge: ([ListSenderRecord], Set<Int>) -> Void
    ) throws(StorageError) {
        if state.reader == nil { state.reader = try store.makeReader() }
        guard let records = try state.reader?.changedSenders() else { return }
        merge(records, state.known)
        state.known = Set(records.map(\.id))
    }

    /// - Returns: whether that is news
    func note(isDown: Bool) -> Bool { state.withLockedValue { exchange(&$0.isDown, with: isDown) != isDown } }
}
