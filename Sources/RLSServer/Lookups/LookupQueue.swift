import Logging
import NIOConcurrencyHelpers
import NIOCore
import RLSStorage

package struct LookupLimits: Sendable {
    /// Look-ups made together.
    package var group = 512
    /// Look-ups that may wait; what exceeds it is refused.
    package var waiting = 100_000
    /// How long one may wait for its turn.
    package var time = TimeAmount.seconds(30)

    package init() {}
}

/// Group look-up, for a store that is a journey away: while some are looked up, the next gather, and one journey is made for
/// all of them.
final class LookupQueue: Sendable {
    /// One journeys while the answers of another are written.
    private static let threads = 2

    private struct State {
        var backlog: LookupBacklog
        var busyThreads = 0
        /// Somebody will look for those whose time has run out.
        var isWatched = false
        /// Said once, until all that wait have had their turn.
        var hasRefused = false
        var isClosed = false
    }

    /// What follows from taking some look-ups.
    private struct Admission {
        var needsThread = false
        var needsWatch = false
        var refused: [PendingLookup] = []
        var error: StorageError?
        /// Of the refusal.
        var isNews = false

        mutating func refuse(_ lookup: PendingLookup, _ error: StorageError) {
            refused.append(lookup)
            self.error = error
        }
    }

    private struct Answer: Sendable {
        let lookup: PendingLookup
        let turn: ReplyTurn
    }

    private let pool: ReaderPool
    private let limits: LookupLimits
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    init(of stores: RoleStores, limits: LookupLimits, logger: Logger) throws(StorageError) {
        pool = try ReaderPool(of: stores, threads: Self.threads)
        self.limits = limits
        self.logger = logger
        state = NIOLockedValueBox(State(backlog: LookupBacklog(groupLimit: limits.group)))
    }

    /// How many have not had their turn.
    var waiting: Int { state.withLockedValue { $0.backlog.count } }

    /// The answers come later, on the look-ups' event loop, which is one for all of these.
    func submit(_ lookups: [PendingLookup]) {
        let deadline = NIODeadline.now() + limits.time
        let admission = state.withLockedValue { state in
            var admission = Admission()
            for lookup in lookups { admit(lookup, until: deadline, &state, &admission) }
            return admission
        }
        if admission.needsThread {
            pool.submit {
                self.drain($0)
            } refused: {
                self.close()
            }
        }
        if admission.needsWatch, let first = lookups.first { watch(until: deadline, on: first.eventLoop) }
        if let error = admission.error { fail(admission.refused, error, isLogged: admission.isNews) }
    }

    private func admit(
        _ lookup: PendingLookup, until deadline: NIODeadline, _ state: inout State, _ admission: inout Admission
    ) {
        if state.isClosed { return admission.refuse(lookup, Self.closed) }
        if state.backlog.count >= limits.waiting {
            if !exchange(&state.hasRefused, with: true) { admission.isNews = true }
            return admission.refuse(lookup, StorageError(.overloaded, "\(limits.waiting) look-ups are waiting"))
        }
        var lookup = lookup
        lookup.deadline = deadline
        state.backlog.append(lookup)
        // One for all of them: they are one group.
        if !admission.needsThread && state.busyThreads < Self.threads {
            state.busyThreads += 1
            admission.needsThread = true
        }
        if !exchange(&state.isWatched, with: true) { admission.needsWatch = true }
    }

    // MARK: On the pool's threads

    private func drain(_ readers: RoleReaders) {
        while let group = nextGroup() {
            answer(group, readers)
            readers.release()
        }
    }

    private func nextGroup() -> [PendingLookup]? {
        state.withLockedValue { state in
            let group = state.backlog.takeGroup()
            if group == nil { state.busyThreads -= 1 }
            if state.backlog.count == 0 { state.hasRefused = false }
            return group
        }
    }

    private func answer(_ group: [PendingLookup], _ readers: RoleReaders) {
        if !group.contains(where: \.mustBeCurrent) { readers.mayBeOld() }
        do throws(StorageError) {
            try readers.prefetch { ahead in for lookup in group { lookup.producer.addNeeds(to: &ahead) } }
        } catch { return fail(group, error, isLogged: true) }
        let answers = group.map { Answer(lookup: $0, turn: $0.producer.turn(readers)) }
        deliver(answers)
        let failures = answers.compactMap(\.turn.storageError)
        if let error = failures.first { log(error, lookups: failures.count) }
    }

    // MARK: Answers

    /// All answers for an event loop at once: it is woken once.
    private func deliver(_ answers: [Answer]) {
        for group in Dictionary(grouping: answers, by: { ObjectIdentifier($0.lookup.eventLoop) }).values {
            group.first?.lookup.eventLoop.execute { for answer in group { answer.lookup.finish(answer.turn) } }
        }
    }

    private func fail(_ lookups: [PendingLookup], _ error: StorageError, isLogged: Bool) {
        if lookups.isEmpty { return }
        if isLogged { log(error, lookups: lookups.count) }
        deliver(lookups.map { Answer(lookup: $0, turn: .failed(.failed(error))) })
    }

    private func log(_ error: StorageError, lookups: Int) {
        logger.error("look-ups failed", metadata: ["cause": "\(error)", "lookups": "\(lookups)"])
    }

    // MARK: Time

    private func watch(until deadline: NIODeadline, on eventLoop: any EventLoop) {
        eventLoop.scheduleTask(deadline: deadline) { self.refuseLate(on: eventLoop) }
    }

    private func refuseLate(on eventLoop: any EventLoop) {
        let (late, next) = state.withLockedValue { state in
            let late = state.backlog.takeLate(at: .now())
            state.isWatched = state.backlog.count > 0
            return (late, state.backlog.firstDeadline)
        }
        if let next { watch(until: next, on: eventLoop) }
        let seconds = limits.time.nanoseconds / 1_000_000_000
        fail(late, StorageError(.timedOut, "not looked up within \(seconds) seconds"), isLogged: true)
    }

    // MARK: End

    private static var closed: StorageError { StorageError(.closed, "the server is stopping") }

    private func close() {
        let rest = state.withLockedValue { state in
            state.isClosed = true
            return state.backlog.takeAll()
        }
        fail(rest, Self.closed, isLogged: true)
    }

    /// Refuses what waits. Returns when the threads have stopped.
    func shutdown() async {
        close()
        await pool.shutdown()
    }
}

extension ReplyTurn {
    fileprivate var storageError: StorageError? {
        guard case .failed(.failed(let error)) = self else { return nil }
        return error
    }
}
