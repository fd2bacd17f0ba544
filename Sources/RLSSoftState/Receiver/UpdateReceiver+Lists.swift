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
        guard let sender = try sender(origin, kind: .list(live: 0)) else { return completion(.success(nil)) }
        let now = index.clock.now
        inquiry?.ask(sender, own: name.current, at: now) { interval in
            self.index.table.withLockedValue { $0.change(sender.id) { $0.interval = interval } }
        }
        let limit = configuration.current.expireStale
        let visible = sender.hasState ? sender.visible(at: now, limit) : nil
        let names = update.changes.reduce(0) { if case .added = $1 { $0 + 1 } else { $0 } }
        let changes = runs(update.changes, sender.id, generation: now, visible ?? Int.max...Int.max)
        commit(changes, of: sender, to: store, .changed(sender: sender.id, update.changes), completion) { sender in
            let known = sender.interval
            sender.kind = .list(live: 0)
            sender.touch(origin, at: now)
            sender.interval = known
            sender.lastFull = now
            // It does not say how many it has: no fewer than these.
            sender.names = max(sender.names, names)
        }
    }

    func begin(_ update: ListBeginArguments, _ completion: @escaping Completion) throws(CatalogError) {
        let store = try listStore
        guard let sender = try sender(update.origin, kind: .list(live: 0)) else { return completion(.success(0)) }
        let now = index.clock.now
        let token = max(now, sender.generation + 1)
        // Before anything of it is stored: no number is given out twice.
        let begun = index.table.withLockedValue { table in
            table.change(sender.id) { sender in
                sender.generation = token
                sender.pending = token
                sender.pendingSince = now
                sender.pendingOrigin = update.origin
            }
            return table[sender.id] ?? sender
        }
        store.submit(
            WriteRequest([.putSender(begun.record)]) { outcome in
                completion(outcome.map { _ in token }.mapError(\.answer))
            })
    }

    func take(_ update: ListPartArguments, _ completion: @escaping Completion) throws(CatalogError) {
        // The list came a longer way than what we have, and is not wanted.
        if update.token == 0 { return completion(.success(nil)) }
        let store = try listStore
        let sender = try pending(update.url, update.instance, update.token)
        let live = sender.isList ? sender.live : 0
        let put = ListPut(
            sender: sender.id, generation: update.token, visible: live...live, names: update.names.map(\.name))
        store.submit(
            WriteRequest([.put(put)]) { outcome in completion(outcome.map { _ in nil }.mapError(\.answer)) })
    }

    func end(_ update: ListEndArguments, _ completion: @escaping Completion) throws(CatalogError) {
        if update.token == 0 { return completion(.success(nil)) }
        let store = try listStore
        let sender = try pending(update.url, update.instance, update.token)
        let now = index.clock.now
        commit([], of: sender, to: store, .replaced(sender: sender.id), completion) { sender in
            sender.kind = .list(live: update.token)
            if let origin = sender.pendingOrigin { sender.touch(origin, at: now) }
            sender.pending = nil
            sender.pendingOrigin = nil
            sender.names = update.names
            sender.lastFull = now
        }
    }

    private func pending(_ url: ByteString, _ instance: ByteString, _ token: Int) throws(CatalogError) -> IndexSender {
        let (key, now) = (SenderKey(url: url, instance: instance), index.clock.now)
        let sender = index.table.withLockedValue { table -> IndexSender? in
            guard let sender = table[key], sender.pending == token, sender.pendingOrigin != nil else { return nil }
            table.change(sender.id) { $0.pendingSince = now }
            return sender
        }
        guard let sender else { throw CatalogError(.lrcNotFound, url) }
        return sender
    }

    /// Changes of a list that is known, or a sign of life.
    func take(_ update: ListChangesArguments, _ completion: @escaping Completion) throws(CatalogError) {
        let store = try listStore
        guard let sender = try sender(update.origin, kind: .list(live: 0)) else { return completion(.success(nil)) }
        let now = index.clock.now
        guard sender.isList, sender.live > 0, sender.visible(at: now, configuration.current.expireStale) != nil else {
            throw CatalogError(.lrcNotFound, update.origin.url)
        }
        // A list under way does not know of these: it has to begin again.
        index.table.withLockedValue { $0.change(sender.id) { $0.pending = nil } }
        let live = sender.live
        let changes = runs(update.changes, sender.id, generation: live, live...live)
        commit(changes, of: sender, to: store, .changed(sender: sender.id, update.changes), completion) { sender in
            sender.touch(update.origin, at: now)
            for change in update.changes { if case .added = change { sender.names += 1 } else { sender.names -= 1 } }
            sender.names = max(0, sender.names)
        }
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
        _ changes: [NameChange], _ sender: Int, generation: Int, _ visible: ClosedRange<Int>
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

    /// The changes and what becomes of the sender; both count when they are durable.
    private func commit(
        _ changes: [IndexChange], of sender: IndexSender, to store: any IndexStore, _ event: IndexEvent,
        _ completion: @escaping Completion, becomes change: @escaping @Sendable (inout IndexSender) -> Void
    ) {
        var next = sender
        change(&next)
        index.table.withLockedValue { $0.change(sender.id) { $0.underWay += 1 } }
        store.submit(
            WriteRequest(changes + [.putSender(next.record)]) { outcome in
                defer { self.index.table.withLockedValue { $0.change(sender.id) { $0.underWay -= 1 } } }
                if case .success = outcome { self.finishList(sender.id, event, change) }
                completion(outcome.map { _ in nil }.mapError(\.answer))
            })
    }

    private func finishList(_ id: Int, _ event: IndexEvent, _ change: (inout IndexSender) -> Void) {
        let old = index.table.withLockedValue { $0[id] }
        publish(id, event, change)
        guard let old else { return }
        // The filter does not count any more, and goes.
        if !old.isList {
            index.filters.remove(id)
            archive?.remove(old)
        }
        if case .replaced = event, old.names > 0 { requestPurge() }
    }
}
