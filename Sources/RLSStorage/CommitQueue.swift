import Dispatch
import NIOConcurrencyHelpers
import NIOPosix

/// Applies a group of write requests as one durable transaction. Called by one thread at a time.
package protocol CommitEngine<Change>: Sendable {
    associatedtype Change: SizedChange
    /// One outcome for each request, in order.
    func commit(_ requests: [WriteRequest<Change>]) -> [WriteOutcome]
    /// Nothing is waiting: time for upkeep.
    func becameIdle()
}

/// Group commit: while one group is being made durable, the next gathers. A request waits for at most two commits.
package final class CommitQueue<Change: SizedChange>: Sendable {
    /// A refused request waits its turn like the others: replies keep the order of requests.
    private struct Entry {
        let request: WriteRequest<Change>
        let refusal: StorageError?
        var changes: Int { refusal == nil ? request.changes.count : 0 }
        var size: Int { refusal == nil ? request.size : 0 }
    }

    private struct State {
        var waiting: [Entry] = []
        var waitingChanges = 0
        var pauses: [@Sendable () -> Void] = []
        var isDraining = false
        var isClosed = false
    }

    private let engine: any CommitEngine<Change>
    private let groupLimit: Int
    private let waitingLimit: Int
    private let state = NIOLockedValueBox(State())
    private let thread = NIOThreadPool(numberOfThreads: 1)

    /// - Parameters:
    ///   - groupLimit: rows, about, in one transaction (a larger request is one transaction still)
    ///   - waitingLimit: changes that may wait; what exceeds it is refused, not delayed
    package init(engine: any CommitEngine<Change>, groupLimit: Int = 16_384, waitingLimit: Int = 1_000_000) {
        self.engine = engine
        self.groupLimit = groupLimit
        self.waitingLimit = waitingLimit
        thread.start()
    }

    package func submit(_ request: WriteRequest<Change>) {
        let isClosed = state.withLockedValue { state in
            if state.isClosed { return true }
            let isTooMuch = state.waitingChanges > 0 && state.waitingChanges + request.changes.count > waitingLimit
            let refusal =
                isTooMuch
                ? StorageError(.overloaded, "\(state.waitingChanges) changes are waiting to be committed") : nil
            let entry = Entry(request: request, refusal: refusal)
            state.waiting.append(entry)
            state.waitingChanges += entry.changes
            startDraining(&state)
            return false
        }
        if isClosed { request.completion(.failure(StorageError(.closed, "the store is shut down"))) }
    }

    /// Runs `work` on the writer's thread between two commits: nothing is committed meanwhile. False when the queue is closed.
    package func betweenCommits(_ work: @escaping @Sendable () -> Void) -> Bool {
        state.withLockedValue { state in
            if state.isClosed { return false }
            state.pauses.append(work)
            startDraining(&state)
            return true
        }
    }

    private func startDraining(_ state: inout State) {
        if state.isDraining { return }
        state.isDraining = true
        thread.submit { _ in self.drain() }
    }

    private func runPauses() {
        for work in state.withLockedValue({ exchange(&$0.pauses, with: []) }) { work() }
    }

    private func drain() {
        runPauses()
        while let group = nextGroup() {
            runPauses()
            let accepted = group.filter { $0.refusal == nil }.map(\.request)
            var outcomes = (accepted.isEmpty ? [] : engine.commit(accepted)).makeIterator()
            for entry in group {
                if let refusal = entry.refusal {
                    entry.request.completion(.failure(refusal))
                } else if let outcome = outcomes.next() {
                    entry.request.completion(outcome)
                }
            }
        }
    }

    private func nextGroup() -> [Entry]? {
        let group: [Entry] = state.withLockedValue { state in
            var (changes, size, count) = (0, 0, 0)
            while count < state.waiting.count, count == 0 || size + state.waiting[count].size <= groupLimit {
                changes += state.waiting[count].changes
                size += state.waiting[count].size
                count += 1
            }
            state.waitingChanges -= changes
            if count == state.waiting.count {
                return exchange(&state.waiting, with: [])
            }
            let group = Array(state.waiting[..<count])
            state.waiting.removeFirst(count)
            return group
        }
        if !group.isEmpty { return group }
        engine.becameIdle()
        // Upkeep takes time: something may have come meanwhile.
        let isDone = state.withLockedValue { state in
            state.isDraining = !state.waiting.isEmpty || !state.pauses.isEmpty
            return !state.isDraining
        }
        if isDone { return nil }
        runPauses()
        return nextGroup()
    }

    /// Commits what waits, then refuses. Returns when the thread has stopped.
    package func shutdown() {
        state.withLockedValue { $0.isClosed = true }
        // The pool has one thread: this runs behind a drain in progress, and waits for it.
        let finished = thread.runIfActiveSync { self.drain() }
        if finished { try? thread.syncShutdownGracefully() }
    }
}

extension NIOThreadPool {
    /// Runs work on the pool and waits for it; false when the pool has already stopped.
    package func runIfActiveSync(_ work: @escaping @Sendable () -> Void) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let didRun = NIOLockedValueBox(false)
        submit { state in
            if case .active = state {
                work()
                didRun.withLockedValue { $0 = true }
            }
            done.signal()
        }
        done.wait()
        return didRun.withLockedValue { $0 }
    }
}
