import RLSCore
import RLSStorage
import RLSWire

/// A catalog's names, or a part of them, told as a list.
final class CatalogListTarget: UpdateTarget {
    let buffer: ChangeBuffer
    private let catalog: CatalogIdentity
    private let partition: NamePartition

    init(_ catalog: CatalogIdentity, _ partition: NamePartition) {
        self.catalog = catalog
        self.partition = partition
        buffer = ChangeBuffer(partition)
    }

    var waiting: Int { buffer.count }
    var isReady: Bool { true }

    func sendFull(_ session: PeerSession, interval: Int) async throws -> UpdateReport {
        // What has come so far is seen by the scan; what comes during it is sent after it, name by name.
        _ = buffer.take()
        let scan = try NameScan(catalog.store, partition)
        let count = try await session.sendList(from: catalog.origin(interval)) {
            try await scan.next(PeerSession.batch)
        }
        // The list says nothing of what came meanwhile; without it, it is worth nothing.
        if waiting > 0, try await sendChanges(session, interval: interval) == nil { throw ListOvertaken() }
        return UpdateReport(kind: .list, names: count)
    }

    func sendChanges(_ session: PeerSession, interval: Int) async throws -> UpdateReport? {
        guard case .changes(let changes) = buffer.take(),
            try await session.send(changes, from: catalog.origin(interval))
        else { return nil }
        return UpdateReport(kind: .changes, names: changes.count)
    }

    func describe(_ status: inout SoftStateStatus) {
        status.kind = .list
        status.names = partition.isEverything ? catalog.store.counts.lfns : 0
    }
}

/// So much changed while a list was sent that another is needed.
struct ListOvertaken: Error, CustomStringConvertible {
    var description: String { "more changes during the update than are remembered" }
}
