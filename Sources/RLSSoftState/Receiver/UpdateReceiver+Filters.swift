import NIOConcurrencyHelpers
import NIOCore
import RLSCore
import RLSFilter
import RLSStorage
import RLSWire

extension UpdateReceiver {
    /// The original's `rli_updatebf`: always a whole filter.
    func take(_ update: FilterUpdateArguments, _ completion: @escaping Completion) throws(CatalogError) {
        let filter = try filter(.legacy, update.bits, update.hashes, update.filter)
        // From the bits that are set: the original does not tell how many names there are.
        let origin = UpdateOrigin(url: update.sender, instance: .empty, interval: update.interval)
        guard let sender = try sender(origin, kind: .filter(nil)) else { return completion(.success(nil)) }
        replace(sender, origin, filter, names: filter.estimatedNames, version: nil)
        completion(.success(nil))
    }

    func take(_ update: WholeFilterArguments, _ completion: @escaping Completion) throws(CatalogError) {
        let filter = try filter(of: update)
        guard let sender = try sender(update.origin, kind: .filter(nil)) else { return completion(.success(nil)) }
        replace(sender, update.origin, filter, names: update.names, version: update.version)
        completion(.success(nil))
    }

    func take(_ update: FilterDeltaArguments, _ completion: @escaping Completion) throws(CatalogError) {
        guard let sender = try sender(update.origin, kind: .filter(nil)) else { return completion(.success(nil)) }
        guard sender.kind == .filter(update.old), let shape = index.filters.shape(of: sender.id) else {
            throw CatalogError(.lrcNotFound, update.origin.url)
        }
        let bytes = update.delta.readableBytesUInt8Span
        guard let delta = FilterDelta(shape, encoded: bytes, limit: shape.bits) else {
            throw CatalogError(.badArgument, "delta")
        }
        let isChanged = !delta.isEmpty
        if isChanged && !index.filters.apply(delta, to: sender.id) {
            throw CatalogError(.lrcNotFound, update.origin.url)
        }
        publish(sender.id, isChanged ? .replaced(sender: sender.id) : .refreshed(sender: sender.id)) { sender in
            sender.kind = .filter(FilterVersion(epoch: update.old.epoch, number: update.newNumber))
            sender.names = update.names
            sender.touch(update.origin, at: index.clock.now)
        }
        archive?.changed(sender.id)
        completion(.success(nil))
    }

    /// Filters that an earlier run has saved, as old as they are. Before the first update.
    package func restore(_ saved: [FilterArchive.Saved]) {
        index.filters.restore(saved.compactMap { restored($0) })
    }

    private func restored(_ saved: FilterArchive.Saved) -> (sender: Int, filter: FilterBits)? {
        let update = saved.arguments
        guard let filter = try? filter(of: update), var sender = try? sender(update.origin, kind: .filter(nil)),
            !sender.hasState || (sender.isList && sender.live == 0)
        else { return nil }
        sender.kind = .filter(update.version.epoch.isEmpty ? nil : update.version)
        sender.path = update.origin.path
        sender.interval = update.origin.interval
        sender.names = update.names
        sender.lastUpdate = saved.lastUpdate
        sender.lastFull = saved.lastFull
        index.table.withLockedValue { [sender] in $0.put(sender) }
        return (sender.id, filter)
    }

    private func filter(of update: WholeFilterArguments) throws(CatalogError) -> FilterBits {
        guard let hashing = UInt8(exactly: update.hashing).flatMap({ FilterShape.Hashing(rawValue: $0) }) else {
            throw CatalogError(.badArgument, "\(update.hashing)")
        }
        return try filter(hashing, update.bits, update.hashes, update.filter)
    }

    private func filter(
        _ hashing: FilterShape.Hashing, _ bits: Int, _ hashes: Int, _ bytes: ByteBuffer
    ) throws(CatalogError) -> FilterBits {
        guard let shape = FilterShape(hashing, bits: bits, hashes: hashes),
            let filter = FilterBits(shape, bytes: Array(bytes.readableBytesView))
        else { throw CatalogError(.badArgument, "\(bits) bits, \(hashes) hashes") }
        return filter
    }

    private func replace(
        _ sender: IndexSender, _ origin: UpdateOrigin, _ filter: FilterBits, names: Int, version: FilterVersion?
    ) {
        index.filters.replace(sender.id, with: filter)
        if sender.isStored {
            index.store?.submit(WriteRequest([.removeSender(sender.id)]) { _ in })
        }
        publish(sender.id, .replaced(sender: sender.id)) { sender in
            sender.kind = .filter(version)
            sender.names = names
            sender.pending = nil
            sender.touch(origin, at: index.clock.now)
            sender.lastFull = sender.lastUpdate
        }
        archive?.changed(sender.id)
    }
}

extension IndexSender {
    mutating func touch(_ origin: UpdateOrigin, at now: Int) {
        path = origin.path
        interval = origin.interval
        lastUpdate = now
    }
}
