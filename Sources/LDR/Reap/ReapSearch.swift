import RLSCore
import RLSStorage

/// Finds the files that may go.
struct ReapSearch {
    private let reaper: Reaper
    private let subscriptions: [Subscription]
    private let rules: ReapRules
    private(set) var found: [ReapCandidate] = []
    /// All copies that were looked at.
    private(set) var copies = 0

    init(_ reaper: Reaper, _ subscriptions: [Subscription], _ rules: ReapRules) {
        self.reaper = reaper
        self.subscriptions = subscriptions
        self.rules = rules
    }

    private var work: WorkStore { reaper.work }
    private var metadata: MetadataStore { reaper.metadata }

    /// Of which each subscription that wants them lets go: after its lifetime, or because it has too much.
    nonisolated(nonsending) mutating func findEnded() async throws {
        var surplus = try await rollingSurplus()
        try addSurplus(&surplus)
        var (count, held) = (0, [HeldFile]())
        try work.heldFiles(in: .present) { (file) throws(StorageError) in
            count += 1
            let released = rules.ended(since: file.came) | surplus[file.id, default: 0]
            if file.subscriptions & ~released == 0 { held.append(file) }
        }
        copies = max(copies, count)
        for file in held {
            let ended = rules.ended(since: file.came)
            if let found = try candidate(file, ended | surplus[file.id, default: 0], ended) { self.found.append(found) }
        }
    }

    /// Of which rolling subscriptions let go for new files that wait.
    nonisolated(nonsending) mutating func findRolling() async throws {
        copies = try work.totals()[.present]?.files ?? 0
        for (id, released) in try await rollingSurplus() {
            guard let file = try work.presentFile(id), let candidate = try candidate(file, released, 0) else {
                continue
            }
            found.append(candidate)
        }
    }

    /// What was noted may be old: a change of the metadata, or a subscription, may want the file since.
    /// - Parameters:
    ///   - released: bits of the subscriptions that let go of it
    ///   - ended: of those, the ones whose lifetime is over
    private func candidate(_ file: HeldFile, _ released: Int, _ ended: Int) throws(StorageError) -> ReapCandidate? {
        guard !file.isOwn, file.subscriptions & ~released == 0, let known = try metadata.lastWord(on: file.lfn),
            let record = known.record, known.site != metadata.site
        else { return nil }
        let wanting = rules.wanting(record, publisher: known.site) | file.subscriptions
        if wanting & ~released != 0 { return nil }
        return ReapCandidate(
            want: file.id, lfn: file.lfn, size: file.size, came: file.came, subscriptions: file.subscriptions,
            released: released, reason: wanting & ~ended == 0 ? .lifetime : .volume)
    }

    /// Whether what was found may go now: many others may have gone, one after the other, since then.
    func isDue(_ candidate: ReapCandidate) throws(StorageError) -> Bool {
        guard let id = candidate.want else { return try unwanted(candidate.lfn) != nil }
        guard let file = try work.presentFile(id), file.came == candidate.came,
            file.subscriptions == candidate.subscriptions
        else { return false }
        return try self.candidate(file, candidate.released, 0) != nil
    }

    // MARK: Volumes

    /// Bits of rolling subscriptions by files that are too much for them. What cannot go has others go for it.
    private nonisolated(nonsending) func rollingSurplus() async throws -> [Int: Int] {
        var surplus: [Int: Int] = [:]
        for subscription in subscriptions where subscription.configuration.isRolling {
            var (excess, rest) = try work.outOfRolling(subscription)
            while excess > 0 && !rest.isEmpty {
                try Task.checkCancellation()
                let part = try rest.prefix(Reaper.batch).compactMap { try work.presentFile($0.id) }
                rest = rest.dropFirst(Reaper.batch)
                let fixed = try await fixed(part.filter { !$0.isOwn }.map(\.lfn))
                for file in part where excess > 0 && !file.isOwn && !fixed.contains(file.lfn) {
                    excess -= file.size
                    surplus[file.id, default: 0] |= subscription.bit
                }
            }
        }
        return surplus
    }

    /// Those that no pass removes: published here, or with copies in places where nothing is changed.
    private nonisolated(nonsending) func fixed(_ lfns: [ByteString]) async throws -> Set<ByteString> {
        if lfns.isEmpty { return [] }
        let copies = try await reaper.catalog.copies(of: lfns)
        let described = try metadata.described(lfns)
        let own = lfns.filter { described[$0]?.publisher == metadata.site }
        return Set(copies.filter { reaper.places.removable($0) == nil }.map(\.lfn) + own)
    }

    /// Bits of the other subscriptions with a volume, the oldest first.
    private func addSurplus(_ surplus: inout [Int: Int]) throws(StorageError) {
        for subscription in subscriptions
        where subscription.configuration.maximumVolume > 0 && !subscription.configuration.isRolling {
            let total = try work.totals(of: subscription)[.present]?.bytes ?? 0
            var excess = total - subscription.configuration.maximumVolume
            if excess <= 0 { continue }
            try work.heldFiles(in: .present, wantedBy: subscription.bit) { (file) throws(StorageError) in
                if excess <= 0 || file.isOwn { return }
                excess -= file.size
                surplus[file.id, default: 0] |= subscription.bit
            }
        }
    }

    // MARK: Unwanted

    /// Those that came for a subscription, and that none wants any more. What came in other ways stays.
    nonisolated(nonsending) mutating func findUnwanted() async throws {
        let names = Set(try await reaper.catalog.allCopies().map(\.lfn))
        copies = max(copies, names.count)
        for lfn in names.sorted() { if let candidate = try unwanted(lfn) { found.append(candidate) } }
    }

    private func unwanted(_ lfn: ByteString) throws(StorageError) -> ReapCandidate? {
        guard try !work.isWanted(lfn), try work.isBrought(lfn), let known = try metadata.lastWord(on: lfn),
            known.site != metadata.site
        else { return nil }
        if let record = known.record, rules.wanting(record, publisher: known.site) != 0 { return nil }
        return ReapCandidate(want: nil, lfn: lfn, size: known.record?.size ?? 0, came: 0, reason: .unwanted)
    }
}
