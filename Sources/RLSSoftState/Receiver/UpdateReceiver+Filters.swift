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
        guard var sender = try sender(origin, kind: .filter(nil)) else { return completion(.success(nil)) }
        sender.names = filter.estimatedNames
        replace(&sender, origin, filter, version: nil)
        completion(.success(nil))
    }

    func take(_ update: WholeFilterArguments, _ completion: @escaping Completion) throws(CatalogError) {
        guard let hashing = UInt8(exactly: update.hashing).flatMap({ FilterShape.Hashing(rawValue: $0) }) else {
            throw CatalogError(.badArgument, "\(update.hashing)")
        }
        let filter = try filter(hashing, update.bits, update.hashes, update.filter)
        guard var sender = try sender(update.origin, kind: .filter(nil)) else { return completion(.success(nil)) }
        sender.names = update.names
        replace(&sender, update.origin, filter, version: update.version)
        completion(.success(nil))
    }

    func take(_ update: FilterDeltaArguments, _ completion: @escaping Completion) throws(CatalogError) {
        guard var sender = try sender(update.origin, kind: .filter(nil)) else { return completion(.success(nil)) }
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
        sender.kind = .filter(FilterVersion(epoch: update.old.epoch, number: update.newNumber))
        sender.names = update.names
        touch(&sender, update.origin)
        publish(sender, isChanged ? .replaced(sender: sender.id) : .refreshed(sender: sender.id))
        archive?.changed(sender.id)
        completion(.success(nil))
    }

    /// A filter that an earlier run has saved, as old as it is.
    package func restore(_ saved: FilterArchive.Saved) {
        let update = saved.arguments
        guard let hashing = UInt8(exactly: update.hashing).flatMap({ FilterShape.Hashing(rawValue: $0) }),
            let filter = try? filter(hashing, update.bits, update.hashes, update.filter),
            var sender = try? sender(update.origin, kind: .filter(nil)), !sender.hasState
        else { return }
        index.filters.replace(sender.id, with: filter)
        sender.kind = .filter(update.version.epoch.isEmpty ? nil : update.version)
        sender.path = update.origin.path
        sender.interval = update.origin.interval
        sender.names = update.names
        sender.lastUpdate = saved.lastUpdate
        sender.lastFull = saved.lastFull
        index.table.withLockedValue { $0.put(sender) }
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
        _ sender: inout IndexSender, _ origin: UpdateOrigin, _ filter: FilterBits, version: FilterVersion?
    ) {
        index.filters.replace(sender.id, with: filter)
        if sender.isList { index.store?.submit(WriteRequest([.removeSender(sender.id)]) { _ in }) }
        sender.kind = .filter(version)
        touch(&sender, origin)
        sender.lastFull = sender.lastUpdate
        publish(sender, .replaced(sender: sender.id))
        archive?.changed(sender.id)
    }

    func touch(_ sender: inout IndexSender, _ origin: UpdateOrigin) {
        sender.path = origin.path
        sender.interval = origin.interval
        sender.lastUpdate = index.clock.now
    }
}
