import NIOConcurrencyHelpers
import NIOPosix
import RLSCore
import RLSFilter
import RLSStorage
import RLSWire

/// A filter of the catalog's names, or of a part of them, kept in step with what is committed. Built in the background: nobody
/// waits for it but those it is sent to.
///
/// The build reads the names a batch at a time, each batch as of a point between two commits. What is committed meanwhile is
/// noted, and counts only for names that have been read: the others will be read as they are by then.
final class FilterKeeper: Sendable {
    enum Kind: Sendable, Hashable {
        /// Ours: one absent name in so many is taken for present.
        case own(oneIn: Int)
        /// The original's.
        case legacy(bitsPerName: Int, hashes: Int)

        func shape(names: Int) -> FilterShape {
            switch self {
            case .own(let oneIn): .sized(names: names, oneIn: oneIn)
            case .legacy(let bits, let hashes): .legacy(names: names, bitsPerName: bits, hashes: hashes)
            }
        }

        func suits(_ filter: CountingFilter) -> Bool {
            switch self {
            case .own(let oneIn): filter.shape.suits(names: filter.names, oneIn: oneIn)
            case .legacy(let bits, let hashes):
                filter.shape.suits(names: filter.names, bitsPerName: bits, hashes: hashes)
            }
        }
    }

    /// A whole filter, as it was at one moment.
    struct Whole: Sendable {
        let filter: FilterBits
        let names: Int
        let version: FilterVersion
    }

    private struct Current {
        var filter: CountingFilter
        let epoch: ByteString
        var version: FilterVersion { FilterVersion(epoch: epoch, number: Int(filter.version)) }
    }

    private struct State {
        var current: Current?
        var isBuilding = false
        /// Names up to this one have been read; nil before the first batch.
        var position: ByteString?
        /// Changes since the batch in hand was begun.
        var journal: [NameChange]?
        /// The names were all removed: what has been read is worth nothing.
        var isVoid = false
        /// Between two batches the filter is here, and follows changes of names that have been read.
        var partial: PartialFilter?
    }

    /// Names read between two points.
    private static let batch = 50_000
    /// For each batch.
    private static let attempts = 30

    let partition: NamePartition
    let kind: Kind
    private let store: any CatalogStore
    private let ready: @Sendable () -> Void
    private let state = NIOLockedValueBox(State())

    /// - Parameter ready: called after each build
    init(
        _ kind: Kind, of partition: NamePartition, in store: any CatalogStore, ready: @escaping @Sendable () -> Void
    ) {
        self.kind = kind
        self.partition = partition
        self.store = store
        self.ready = ready
    }

    var isReady: Bool { state.withLockedValue { $0.current != nil } }

    var whole: Whole? {
        state.withLockedValue { state in
            state.current.map { Whole(filter: $0.filter.bits, names: $0.filter.names, version: $0.version) }
        }
    }

    /// What differs from that version, and the version after it; nil when only the whole filter will do.
    func delta(since old: FilterVersion) -> (delta: FilterDelta, names: Int, number: Int)? {
        let found: (flips: FilterFlips, names: Int, number: Int)? = state.withLockedValue { state in
            guard let current = state.current, current.epoch == old.epoch,
                let flips = current.filter.flips(since: UInt64(old.number))
            else { return nil }
            return (flips, current.filter.names, current.version.number)
        }
        // Sorted where nobody waits.
        return found.flatMap { found in found.flips.delta.map { ($0, found.names, found.number) } }
    }

    /// For people: names, shape, bits that are set.
    var measure: (names: Int, shape: FilterShape, population: Int)? {
        state.withLockedValue { $0.current.map { ($0.filter.names, $0.filter.shape, $0.filter.population) } }
    }

    // MARK: Changes, on the writer's thread

    func note(_ events: [CatalogEvent]) {
        let needsBuild = state.withLockedValue { state in
            var mustBuild = false
            for event in events {
                switch event {
                case .name(let change): apply(change, to: &state)
                case .cleared:
                    state.current?.filter.removeAll()
                    state.isVoid = true
                case .missed:
                    mustBuild = state.current != nil || mustBuild
                    state.current = nil
                    state.isVoid = true
                case .rlisChanged: break
                }
            }
            guard let current = state.current else { return mustBuild && !state.isBuilding }
            return !state.isBuilding && !kind.suits(current.filter)
        }
        if needsBuild { build() }
    }

    private func apply(_ change: NameChange, to state: inout State) {
        let bytes = change.name.bytes
        guard partition.contains(bytes.span) else { return }
        state.current?.filter.apply(change)
        if state.journal != nil {
            state.journal?.append(change)
        } else if state.partial != nil, let position = state.position, change.name <= position {
            state.partial?.filter.apply(change)
        }
    }

    // MARK: Build

    /// Begins to build the filter, or builds it anew, unless that is being done.
    func build() {
        let isNew = state.withLockedValue { state in
            defer { state.isBuilding = true }
            return !state.isBuilding
        }
        if isNew { NIOThreadPool.singleton.submit { _ in self.begin() } }
    }

    private func begin() {
        let filter = CountingFilter(nextShape)
        state.withLockedValue { state in
            state.position = nil
            state.journal = nil
            state.isVoid = false
            state.partial = PartialFilter(filter)
        }
        guard let reader = try? store.makeReader() else { return abandon() }
        let box = PinnedReader(reader)
        NIOThreadPool.singleton.submit { _ in self.readBatch(box) }
    }

    /// A catalog that grows is given room to go on: otherwise it would be read again for every eighth that it grows.
    private var nextShape: FilterShape {
        guard let current = measure else { return kind.shape(names: store.counts.lfns) }
        let shape = kind.shape(names: current.names)
        return shape.bits > current.shape.bits ? kind.shape(names: current.names + current.names / 2) : shape
    }

    /// One batch, then the next as a piece of work of its own: the pool serves others, too.
    private func readBatch(_ box: PinnedReader) {
        guard (try? store.betweenCommits { self.openJournal(box) }) != nil else { return retryBatch(box) }
        guard box.isPinned else { return abandon() }
        guard let partial = takePartial() else { return begin() }
        var count = 0
        var last: ByteString?
        let after = state.withLockedValue { $0.position }
        do {
            try box.reader.lfns(after: after) { name in
                if partition.contains(name) { partial.filter.insert(name) }
                count += 1
                if count < Self.batch { return .next }
                last = ByteString(name)
                return .stop
            }
        } catch { return abandon() }
        box.release()
        if closeJournal(partial, position: last) { return finished() }
        NIOThreadPool.singleton.submit { _ in self.readBatch(box) }
    }

    /// Nothing has been read: the batch is begun again, unless the store stays away.
    private func retryBatch(_ box: PinnedReader) {
        guard box.noteFailure() < Self.attempts else { return abandon() }
        Task {
            try? await Task.sleep(for: .seconds(1))
            NIOThreadPool.singleton.submit { _ in self.readBatch(box) }
        }
    }

    /// Out of the lock's reach, so that nobody waits while a batch goes in. nil: begin anew.
    private func takePartial() -> PartialFilter? {
        state.withLockedValue { state in
            defer { state.partial = nil }
            return state.isVoid ? nil : state.partial
        }
    }

    /// Between two commits: from here on changes are noted, and up to here the reader sees them.
    private func openJournal(_ box: PinnedReader) {
        state.withLockedValue { $0.journal = [] }
        box.pin()
    }

    /// True when all names have been read.
    private func closeJournal(_ partial: PartialFilter, position: ByteString?) -> Bool {
        state.withLockedValue { state in
            for change in exchange(&state.journal, with: nil) ?? [] where position.map({ change.name <= $0 }) ?? true {
                partial.filter.apply(change)
            }
            if position == nil && !state.isVoid {
                state.current = Current(filter: partial.take(), epoch: Self.newEpoch())
                state.isBuilding = false
                return true
            }
            state.position = position
            state.partial = partial
            return false
        }
    }

    private func finished() {
        // Of a part of the names the size is known only now.
        let suits = state.withLockedValue { $0.current.map { kind.suits($0.filter) } ?? true }
        if !suits { build() }
        ready()
    }

    private func abandon() {
        state.withLockedValue { state in
            state.isBuilding = false
            state.journal = nil
            state.partial = nil
        }
    }

    private static func newEpoch() -> ByteString { ByteString(String(UInt64.random(in: 0...UInt64.max), radix: 36)) }
}

extension CountingFilter {
    fileprivate mutating func apply(_ change: NameChange) {
        let bytes = change.name.bytes
        switch change {
        case .added: insert(bytes.span)
        case .deleted: remove(bytes.span)
        }
    }
}

/// A filter that is being filled. A reference, so that handing it over copies nothing.
///
/// `@unchecked Sendable`: it belongs to the build, or to the keeper's state under its lock.
private final class PartialFilter: @unchecked Sendable {
    var filter: CountingFilter

    init(_ filter: CountingFilter) { self.filter = filter }

    /// Leaves a small one behind.
    func take() -> CountingFilter { exchange(&filter, with: CountingFilter(.sized(names: 0, oneIn: 2))) }
}

/// `@unchecked Sendable`: handed from one thread to the next, which the pauses between commits order.
private final class PinnedReader: @unchecked Sendable {
    let reader: any CatalogReader
    private(set) var isPinned = false

    init(_ reader: any CatalogReader) { self.reader = reader }

    private var failures = 0

    func pin() {
        isPinned = (try? reader.pin()) != nil
        failures = 0
    }

    func noteFailure() -> Int {
        failures += 1
        return failures
    }
    func release() { reader.release() }
}
