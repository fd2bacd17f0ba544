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
        /// Those that said that nothing has changed.
        var refreshed: Set<Int> = []
        var changes: [Int: ChangeBuffer] = [:]
        var note = ByteString.empty
    }

    struct Surroundings: Sendable {
        /// URL of the index server that is told, and of this one.
        let receiver: ByteString
        let own: ByteString
        /// How many intervals lie between full updates; nil where nothing is passed on in between.
        let immediateFactor: @Sendable () -> Int?
    }

    private let index: LocationIndex
    private let surroundings: Surroundings
    private let partition: NamePartition
    private let state = NIOLockedValueBox(State())

    init(_ index: LocationIndex, _ surroundings: Surroundings, _ partition: NamePartition) {
        self.index = index
        self.surroundings = surroundings
        self.partition = partition
    }

    var isReady: Bool { true }

    var waiting: Int {
        state.withLockedValue { state in
            state.replaced.count + state.refreshed.count + state.changes.values.reduce(0) { $0 + $1.count }
        }
    }

    func note(_ event: IndexEvent) {
        let isImmediate = surroundings.immediateFactor() != nil
        state.withLockedValue { state in
            switch event {
            case .replaced(let sender):
                state.replaced.insert(sender)
                state.changes[sender] = nil
            case .changed(let sender, let changes):
                if state.replaced.contains(sender) { return }
                // Nothing is sent before the next full update: no need to keep it name by name.
                guard isImmediate else {
                    state.replaced.insert(sender)
                    return
                }
                let buffer = state.changes[sender] ?? ChangeBuffer(partition)
                state.changes[sender] = buffer
                buffer.note(changes.map { .name($0) })
                if changes.isEmpty { state.refreshed.insert(sender) }
            case .refreshed(let sender): state.refreshed.insert(sender)
            case .removed(let sender):
                state.replaced.remove(sender)
                state.refreshed.remove(sender)
                state.changes[sender] = nil
                state.acknowledged[sender] = nil
            }
        }
    }

    // MARK: Updates

    func sendFull(_ session: PeerSession, interval: Int) async throws -> UpdateReport {
        state.withLockedValue { state in
            state.replaced = []
            state.refreshed = []
            state.changes = [:]
            state.note = .empty
        }
        var names = 0
        for sender in index.freshSenders where mayPass(sender) {
            names += try await unlessRefused(sender) { try await send(sender, session, interval) }
        }
        return UpdateReport(kind: .list, names: names)
    }

    func sendChanges(_ session: PeerSession, interval: Int) async throws -> UpdateReport? {
        let (replaced, refreshed, changes) = state.withLockedValue { state in
            (
                exchange(&state.replaced, with: []), exchange(&state.refreshed, with: []),
                exchange(&state.changes, with: [:])
            )
        }
        var names = 0
        for sender in index.freshSenders where mayPass(sender) {
            let buffer = changes[sender.id]
            guard replaced.contains(sender.id) || refreshed.contains(sender.id) || buffer != nil else { continue }
            names += try await unlessRefused(sender) {
                if sender.isList && !replaced.contains(sender.id),
                    case .changes(let told) = buffer?.take() ?? .changes([]),
                    try await session.send(told, from: origin(of: sender, interval))
                {
                    return told.count
                }
                return try await send(sender, session, interval)
            }
        }
        return UpdateReport(kind: .changes, names: names)
    }

    /// Not back to where it came from.
    private func mayPass(_ sender: IndexSender) -> Bool {
        sender.key.url != surroundings.receiver && !sender.path.contains(surroundings.receiver)
    }

    /// What is passed on at once is believed as long as its catalog said, the rest until the next full update.
    private func origin(of sender: IndexSender, _ interval: Int) -> UpdateOrigin {
        var told = interval
        if let factor = surroundings.immediateFactor() {
            told = sender.interval > 0 ? sender.interval : min(interval * factor, UpdateOrigin.longestInterval)
        }
        return UpdateOrigin(
            url: sender.key.url, instance: sender.key.instance, path: sender.path + [surroundings.own], interval: told)
    }

    private func send(_ sender: IndexSender, _ session: PeerSession, _ interval: Int) async throws -> Int {
        sender.isList ? try await sendList(sender, session, interval) : try await sendFilter(sender, session, interval)
    }

    /// One catalog that the receiver does not want is no reason to keep the others from it.
    private func unlessRefused(_ sender: IndexSender, _ call: () async throws -> Int) async throws -> Int {
        do { return try await call() } catch let error as CatalogError {
            // By another name it has seen this state before.
            if error != UpdateReceiver.loop {
                state.withLockedValue { $0.note = "of " + sender.key.url + ": " + ByteString("\(error)") }
            }
            return 0
        }
    }

    private func sendList(_ sender: IndexSender, _ session: PeerSession, _ interval: Int) async throws -> Int {
        guard let store = index.store else { return 0 }
        let scan = try NameScan(sender.id, of: index, in: store, partition)
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
