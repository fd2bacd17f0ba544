import Logging
import RLSCore
import RLSStorage

/// Has files brought back from tape: asks their sources again and again until they can be read, then they take their place in
/// the queue. What is asked for and since when is in the database: a daemon that is killed goes on asking.
package struct Stager: Sendable {
    package struct Outcome: Sendable, Equatable {
        package var asked = 0
        package var readable = 0
        package var failed = 0

        package init() {}
    }

    /// Programs at a time.
    private static let programs = 8

    private let work: WorkDesk
    private let commands: StageCommands
    private let events: EventLog
    private let attempts: Int
    private let owner: String?

    /// - Parameters:
    ///   - attempts: failures in a row after which a file is stuck
    ///   - owner: of the programs that are started: those that a killed daemon has left are ended
    package init(work: WorkDesk, commands: StageCommands, events: EventLog, attempts: Int, owner: String? = nil) {
        self.owner = owner
        self.work = work
        self.commands = commands
        self.events = events
        self.attempts = attempts
    }

    /// Asks once for each file that is due.
    /// - Throws: `StorageError`
    package func pass(at now: Int = WorkStore.now) async throws -> Outcome {
        if let owner { await Survivors.end(of: owner) }
        let due = try await work.use { [commands] (store) throws(StorageError) in
            try store.stageable(limit: commands.limits.files, at: now)
        }
        return try await withThrowingTaskGroup(of: Outcome.self) { group in
            var outcome = Outcome()
            for (index, want) in due.enumerated() where !Task.isCancelled {
                if index >= Self.programs, let done = try await group.next() { outcome.add(done) }
                group.addTask { try await ask(for: want, at: now) }
            }
            for try await done in group { outcome.add(done) }
            return outcome
        }
    }

    private func ask(for want: Want, at now: Int) async throws -> Outcome {
        guard let url = want.url, let template = commands.command(for: url) else {
            // The configuration has changed: it can be read as it is.
            try await work.use { (store) throws(StorageError) in try store.noteStaged(want, at: now) }
            return Outcome()
        }
        let asked = try await work.use { (store) throws(StorageError) in try store.noteAsked(want, at: now) }
        guard let since = asked else { return Outcome() }
        let limits = commands.limits
        let run = StageRun(template: template, url: url, size: want.size, patience: limits.answer, owner: owner)
        let answer = await run.run()
        var outcome = Outcome()
        outcome.asked = 1
        switch answer {
        case .readable:
            outcome.readable = 1
            try await work.use { (store) throws(StorageError) in try store.noteStaged(want, at: now) }
        case .notYet(let said) where now - since < Int(limits.time) * 1_000:
            let next = now + Int(limits.interval) * 1_000
            try await work.use { (store) throws(StorageError) in try store.noteNotYet(want, until: next, reason: said) }
        case .notYet(let said):
            outcome.failed = 1
            let late = TransferFailure(.timedOut, "not readable within \(limits.time) s; \(said)")
            try await fail(want, late, since: since, at: now)
        case .failed(let failure) where failure.kind == .interrupted: break
        case .failed(let failure):
            outcome.failed = 1
            try await fail(want, failure, since: since, at: now)
        }
        return outcome
    }

    /// No fault of the whole source: what it has on disks can be fetched.
    private func fail(_ want: Want, _ failure: TransferFailure, since: Int, at now: Int) async throws {
        let message = "staging: \(failure.message)"
        let result = TransferResult(
            want, source: want.source ?? "", url: want.url ?? .empty, began: since, ended: now, bytes: 0,
            failure: (failure.kind.rawValue, message), isForgiven: failure.isForgiven)
        try await work.use { [attempts] (store) throws(StorageError) in try store.finish([result], attempts: attempts) }
        if result.isForgiven { return }
        events.write(Event(.failed, want.lfn, source: want.source, message: "\(failure.kind.rawValue): \(message)"))
    }
}

extension Stager.Outcome {
    fileprivate mutating func add(_ other: Stager.Outcome) {
        asked += other.asked
        readable += other.readable
        failed += other.failed
    }
}
