import Logging
import RLSCore
import RLSStorage

/// Fills the queue: chooses files by the shares of subscriptions, and for each a source.
package struct Scheduler {
    /// Names of one question to the index.
    private static let batch = 10_000

    package struct Outcome: Sendable, Equatable {
        package var queued = 0
        /// Of which the source is asked to bring them back first.
        package var staging = 0
        package var withoutSource = 0
        package var held = 0

        package init() {}
    }

    private let work: WorkStore
    private let finder: any ReplicaFinder
    private let limits: QueueLimits
    private let stage: StageCommands
    private let isOwn: @Sendable (ByteString) -> Bool
    private let logger: Logger

    /// - Parameters:
    ///   - stage: for copies that cannot be read at once
    ///   - isOwn: whether a URL is one of this site's partitions: a copy that is bad here is no source
    package init(
        work: WorkStore, finder: any ReplicaFinder, limits: QueueLimits, logger: Logger,
        stage: StageCommands = StageCommands(),
        isOwn: @escaping @Sendable (ByteString) -> Bool = { _ in false }
    ) {
        self.isOwn = isOwn
        self.work = work
        self.finder = finder
        self.limits = limits
        self.stage = stage
        self.logger = logger
    }

    /// One pass. Batches are complete by themselves: a pass that is cut off loses nothing.
    /// - Throws: `StorageError`; `NoIndexAnswered`
    package func pass(at now: Int = WorkStore.now) async throws -> Outcome {
        try work.forgetFailures(before: now - Self.failuresAreKnown)
        var volumes = try Volumes(work)
        try work.reconsider(at: now) { volumes.room(of: $0) }
        if stage.isEmpty { try work.endStaging() }
        let loads = try work.queued()
        var room = limits.length - loads.values.reduce(0) { $0 + $1.files }
        var chooser = SourceChooser(try work.sources(), queued: loads, perSource: limits.perSource, now: now) {
            stage.command(for: $0) != nil
        }
        var tape = TapeTurns(free: stage.isEmpty ? 0 : stage.queue - (try work.staging()).files, queue: stage.queue)
        var outcome = Outcome()
        while room > 0 {
            let wants = try candidates(min(room, Self.batch), at: now)
            if wants.isEmpty { break }
            let before = outcome.queued
            let decisions = try await decide(wants, &chooser, &volumes, &tape, &outcome, now)
            try work.record(decisions, at: now + before)
            room -= outcome.queued - before
            // All sources have as many files as they may have: the rest of the list is not looked at.
            if decisions.contains(where: { $0.decision == .leave }) { break }
            try Task.checkCancellation()
        }
        return outcome
    }

    /// Milliseconds: 90 days.
    private static let failuresAreKnown = 90 * 86_400_000
    private static let tapeIsBusy = "its only copies are on tape, and others are brought back first"

    private func candidates(_ limit: Int, at now: Int) throws(StorageError) -> [Want] {
        var claims: [(weight: Int, wants: [Want])] = []
        for subscription in try work.subscriptions() {
            let wants = try work.candidates(of: subscription, limit: limit, at: now)
            claims.append((max(1, subscription.configuration.priority), wants))
        }
        let shares = FairShares.divide(limit, among: claims.map { ($0.weight, $0.wants.count) })
        return zip(claims, shares).flatMap { $0.wants.prefix($1) }
    }

    private func decide(
        _ wants: [Want], _ chooser: inout SourceChooser, _ volumes: inout Volumes, _ tape: inout TapeTurns,
        _ outcome: inout Outcome, _ now: Int
    ) async throws -> [(want: Want, decision: ScheduleDecision)] {
        // Room only shrinks in a pass: nobody needs to know where copies are of what has none.
        let asked = wants.filter { volumes.hold($0).map { $0.kind == .takesPlace } ?? true }.map(\.lfn)
        let found = asked.isEmpty ? FoundReplicas() : try await finder.find(asked)
        for problem in found.problems { logger.warning("catalog not asked", metadata: ["cause": "\(problem)"]) }
        var decisions: [(want: Want, decision: ScheduleDecision)] = []
        for want in wants {
            let decision = decide(want, found, &chooser, &volumes, &tape, now)
            switch decision {
            case .queue: outcome.queued += 1
            case .stage: outcome.staging += 1
            case .wait: outcome.withoutSource += 1
            case .hold: outcome.held += 1
            case .leave: break
            }
            decisions.append((want, decision))
        }
        return decisions
    }

    private func decide(
        _ want: Want, _ found: FoundReplicas, _ chooser: inout SourceChooser, _ volumes: inout Volumes,
        _ tape: inout TapeTurns, _ now: Int
    ) -> ScheduleDecision {
        let urls = (found.urls[want.lfn] ?? []).filter { !isOwn($0) }
        // Nothing goes for the sake of a file that nobody has.
        if let held = volumes.hold(want), held.kind != .takesPlace || !urls.isEmpty {
            if held.kind == .takesPlace { volumes.add(want) }
            return .hold(held.kind, reason: held.reason)
        }
        let pause = RetryRule.pause(after: want.attempts + 1, seed: want.id)
        // Those that are not chosen now are no load of their source.
        let usable = tape.free > 0 ? urls : urls.filter { stage.command(for: $0) == nil }
        if usable.isEmpty && !urls.isEmpty {
            return .wait(until: now + tape.refuse(), reason: Self.tapeIsBusy, isFailure: false)
        }
        switch chooser.choose(usable, size: want.size, avoiding: want.source) {
        case .source(let name, let url):
            if stage.command(for: url) == nil {
                volumes.add(want)
                return .queue(source: name, url: url)
            }
            tape.free -= 1
            volumes.add(want)
            return .stage(source: name, url: url)
        case .later(let time): return .wait(until: time, reason: "all sources have failed of late", isFailure: false)
        case .full: return .leave
        case .none:
            // The index may not know of it yet: that is no fault of the file, which is looked for again and again.
            return .wait(until: now + pause, reason: found.reason(without: want.lfn), isFailure: true)
        }
    }
}

/// How many files may still be brought back from tape, in one pass.
private struct TapeTurns {
    /// Milliseconds until a file is thought of again for which others have to be brought back first.
    private static let pause = 300_000

    var free: Int
    let queue: Int
    private var refused = 0

    init(free: Int, queue: Int) { (self.free, self.queue) = (free, max(1, queue)) }

    /// Of many that wait, only as many as have a chance are thought of at a time.
    /// - Returns: how long another one waits, milliseconds
    mutating func refuse() -> Int {
        defer { refused += 1 }
        return Self.pause * (1 + refused / queue)
    }
}
