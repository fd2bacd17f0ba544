import NIOConcurrencyHelpers
import RLSConfiguration
import RLSCore
import RLSFilter
import RLSStorage
import RLSWire

extension UpdateReceiver {
    /// The original's `rli_update`. Nothing tells a whole list from changes, so each name is believed for its own time.
    func take(_ update: ListUpdateArguments, _ completion: @escaping Completion) throws(CatalogError) {
        let store = try listStore
        let origin = UpdateOrigin(url: update.sender, instance: .empty, interval: 0)
        guard var sender = try sender(origin, kind: .list(live: 0)) else { return completion(.success(nil)) }
        let isNew = beginsAnew(&sender)
        sender.kind = .list(live: 0)
        touch(&sender, origin)
        sender.lastFull = sender.lastUpdate
        let visible = sender.visible(at: index.clock.now, configuration.current.expireStale) ?? 0...Int.max
        let generation = sender.lastUpdate
        commit(
            runs(update.changes, sender.id, generation, isNew ? Int.max...Int.max : visible) + [
                .putSender(sender.record)
            ],
            to: store, completion
        ) { [sender] in self.publish(sender, .changed(sender: sender.id, update.changes)) }
    }

    func begin(_ update: ListBeginArguments, _ completion: @escaping Completion) throws(CatalogError) {
        let store = try listStore
        guard var sender = try sender(update.origin, kind: .list(live: 0)) else { return completion(.success(0)) }
        let token = max(index.clock.now, sender.generation + 1)
        sender.generation = token
        sender.pending = token
        sender.path = update.origin.path
        if sender.lastUpdate == 0 { sender.interval = update.origin.interval }
        let pending = sender
        commit([.putSender(sender.record)], to: store, { completion($0.map { _ in token }) }) {
            self.index.table.withLockedValue { $0.put(pending) }
        }
    }

    /// Whether nothing of the sender's list may count: its first one, or the first after filters.
    private func beginsAnew(_ sender: inout IndexSender) -> Bool {
        if sender.isList && sender.hasState { return false }
        endFilter(&sender)
        return true
    }

    private func endFilter(_ sender: inout IndexSender) {
        index.filters.remove(sender.id)
        archive?.remove(sender)
        sender.kind = .list(live: 0)
    }

    func take(_ update: ListPartArguments, _ completion: @escaping Completion) throws(CatalogError) {
        // The list came a longer way than what we have, and is not wanted.
        if update.token == 0 { return completion(.success(nil)) }
        let store = try listStore
        let sender = try pending(update.url, update.instance, update.token)
        let live = sender.live
        let put = ListPut(
            sender: sender.id, generation: update.token, visible: live...live, names: update.names.map(\.name))
        commit([.put(put)], to: store, completion) {}
    }

    func end(_ update: ListEndArguments, _ completion: @escaping Completion) throws(CatalogError) {
        if update.token == 0 { return completion(.success(nil)) }
        let store = try listStore
        var sender = try pending(update.url, update.instance, update.token)
        let hadFilter = !sender.isList
        sender.kind = .list(live: update.token)
        sender.pending = nil
        sender.names = update.names
        sender.lastUpdate = index.clock.now
        sender.lastFull = sender.lastUpdate
        commit([.putSender(sender.record)], to: store, completion) { [sender] in
            if hadFilter {
                self.index.filters.remove(sender.id)
                self.archive?.remove(sender)
            }
            self.publish(sender, .replaced(sender: sender.id))
            // Only this sender's list is known to be whole; what others have left makes the count larger, too.
            let told = self.index.table.withLockedValue { $0.all.reduce(0) { $0 + ($1.isList ? $1.names : 0) } }
            if store.counts.mappings > told { self.requestPurge() }
        }
    }

    private func pending(
        _ url: ByteString, _ instance: ByteString, _ token: Int
    ) throws(CatalogError) -> IndexSender {
        let sender = index.table.withLockedValue { $0[SenderKey(url: url, instance: instance)] }
        guard let sender, sender.pending == token else { throw CatalogError(.lrcNotFound, url) }
        return sender
    }

    /// Changes of a list that is known, or a sign of life.
    func take(_ update: ListChangesArguments, _ completion: @escaping Completion) throws(CatalogError) {
        let store = try listStore
        guard var sender = try sender(update.origin, kind: .list(live: 0)) else { return completion(.success(nil)) }
        guard case .list(let live) = sender.kind, live > 0,
            sender.visible(at: index.clock.now, configuration.current.expireStale) != nil
        else { throw CatalogError(.lrcNotFound, update.origin.url) }
        // A list under way does not know of these: it has to begin again.
        sender.pending = nil
        touch(&sender, update.origin)
        for change in update.changes { if case .added = change { sender.names += 1 } else { sender.names -= 1 } }
        sender.names = max(0, sender.names)
        commit(
            runs(update.changes, sender.id, live, live...live) + [.putSender(sender.record)], to: store, completion
        ) { [sender] in self.publish(sender, .changed(sender: sender.id, update.changes)) }
    }

    private var listStore: any IndexStore {
        get throws(CatalogError) {
            guard let store = index.store, !configuration.current.takesFiltersOnly else {
                throw CatalogError(.unsupported, "name lists")
            }
            return store
        }
    }

    /// Runs of equal commands, in order.
    private func runs(
        _ changes: [NameChange], _ sender: Int, _ generation: Int, _ visible: ClosedRange<Int>
    ) -> [IndexChange] {
        var result: [IndexChange] = []
        var names: [ByteString] = []
        var isAdding = true
        func finish() {
            if names.isEmpty { return }
            let put = ListPut(sender: sender, generation: generation, visible: visible, names: names)
            result.append(isAdding ? .put(put) : .delete(sender: sender, names: names))
            names = []
        }
        for change in changes {
            let isAddition = if case .added = change { true } else { false }
            if isAddition != isAdding { finish() }
            isAdding = isAddition
            names.append(change.name)
        }
        finish()
        return result
    }

    private func commit(
        _ changes: [IndexChange], to store: any IndexStore, _ completion: @escaping Completion,
        then publish: @escaping @Sendable () -> Void
    ) {
        store.submit(
            WriteRequest(changes) { outcome in
                switch outcome {
                case .success:
                    publish()
                    completion(.success(nil))
                case .failure(let error): completion(.failure(error.answer))
                }
            })
    }
}
