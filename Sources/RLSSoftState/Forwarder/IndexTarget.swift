import NIOConcurrencyHelpers
import RLSCore
import RLSFilter
import RLSStorage
import RLSWire

/// What an index knows, told to another index: the state of each catalog under the catalog's own URL, lists as lists and
/// filters as filters.
final class IndexTarget: UpdateTarget {
    private struct State {
        /// What the receiver is known to have of each filter.
        var acknowledged: [Int: FilterVersion] = [:]
        /// Catalogs whose state is to be told as a whole.
        var replaced: Set<Int> = []
        var changes: [Int: ChangeBuffer] = [:]
        var note = ByteString.empty
    }

    private let index: LocationIndex
    private let receiver: ByteString
    private let own: ByteString
    private let partition: NamePartition
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - receiver: URL of the index server that is told
    ///   - own: URL of this one
    init(_ index: LocationIndex, to receiver: ByteString, from own: ByteString, _ partition: NamePartition) {
        self.index = index
        self.receiver = receiver
        self.own = own
        self.partition = partition
    }

    var isReady: Bool { true }

    var waiting: Int {
        state.withLockedValue { $0.replaced.count + $0.changes.values.reduce(0) { $0 + $1.count } }
    }

    func sessionBegan() { state.withLockedValue { $0.acknowledged = [:] } }

    func note(_ event: IndexEvent) {
        state.withLockedValue { state in
            switch event {
            case .replaced(let sender):
                state.replaced.insert(sender)
                state.changes[sender] = nil
            case .changed(let sender, let changes):
                let buffer = state.changes[sender] ?? ChangeBuffer(partition)
                state.changes[sender] = buffer
                buffer.note(changes.map { .name($0) })
            case .refreshed: break
            case .removed(let sender):
                state.replaced.remove(sender)
                state.changes[sender] = nil
                state.acknowledged[sender] = nil
            }
        }
    }

    // MARK: Updates

    func sendFull(_ session: PeerSession, interval: Int) async throws -> UpdateReport {
        state.withLockedValue { state in
            state.replaced = []
            state.changes = [:]
            state.note = .empty
        }
        var names = 0
        for sender in index.freshSenders where mayPass(sender) { names += try await send(sender, session, interval) }
        return UpdateReport(kind: .list, names: names)
    }

    func sendChanges(_ session: PeerSession, interval: Int) async throws -> UpdateReport? {
        let (replaced, changes) = state.withLockedValue { state in
            (exchange(&state.replaced, with: []), exchange(&state.changes, with: [:]))
        }
        var names = 0
        for sender in index.freshSenders where mayPass(sender) {
            if replaced.contains(sender.id) {
                names += try await send(sender, session, interval)
            } else if let buffer = changes[sender.id] {
                guard case .changes(let told) = buffer.take(),
                    try await unlessLooping({ try await session.send(told, from: origin(of: sender, interval)) })
                        ?? true
                else { return nil }
                names += told.count
            }
        }
        return UpdateReport(kind: .changes, names: names)
    }

    /// Not back to where it came from.
    private func mayPass(_ sender: IndexSender) -> Bool {
        sender.key.url != receiver && !sender.path.contains(receiver)
    }

    private func origin(of sender: IndexSender, _ interval: Int) -> UpdateOrigin {
        UpdateOrigin(
            url: sender.key.url, instance: sender.key.instance, path: sender.path + [own], interval: interval)
    }

    private func send(_ sender: IndexSender, _ session: PeerSession, _ interval: Int) async throws -> Int {
        try await unlessLooping {
            sender.isList
                ? try await sendList(sender, session, interval) : try await sendFilter(sender, session, interval)
        } ?? 0
    }

    /// nil when the receiver goes by another name and has seen this state before.
    private func unlessLooping<Result>(_ call: () async throws -> Result) async throws -> Result? {
        do { return try await call() } catch let error as CatalogError where error == UpdateReceiver.loop { return nil }
    }

    private func sendList(_ sender: IndexSender, _ session: PeerSession, _ interval: Int) async throws -> Int {
        guard let store = index.store else { return 0 }
        let scan = try IndexScan(sender.id, of: index, in: store, partition)
        return try await session.sendList(from: origin(of: sender, interval)) { try await scan.next(PeerSession.batch) }
    }

    private func sendFilter(_ sender: IndexSender, _ session: PeerSession, _ interval: Int) async throws -> Int {
        guard case .filter(let told) = sender.kind, let filter = index.filters.extract(sender.id) else { return 0 }
        // The original's filters have no versions: the time of the last one stands for it.
        let version = told ?? FilterVersion(epoch: "original", number: sender.lastFull)
        let origin = origin(of: sender, interval)
        if !session.isOwn && filter.shape.hashing != .legacy {
            state.withLockedValue {
                $0.note = "takes no filters of our kind; of " + sender.key.url + " it knows nothing"
            }
            return 0
        }
        let isKnown = session.isOwn && state.withLockedValue { $0.acknowledged[sender.id] == version }
        if isKnown, let same = FilterDelta(filter.shape, encoded: [UInt8]().span, limit: 0),
            try await session.send(same, names: sender.names, from: version, to: version.number, origin)
        {
            return sender.names
        }
        try await session.send(FilterKeeper.Whole(filter: filter, names: sender.names, version: version), from: origin)
        state.withLockedValue { $0.acknowledged[sender.id] = version }
        return sender.names
    }

    func describe(_ status: inout SoftStateStatus) {
        let fresh = index.freshSenders.filter(mayPass)
        status.kind = fresh.contains(where: \.isList) ? .list : .filter
        status.names = fresh.reduce(0) { $0 + $1.names }
        if status.error.isEmpty { status.error = state.withLockedValue { $0.note } }
    }
}
