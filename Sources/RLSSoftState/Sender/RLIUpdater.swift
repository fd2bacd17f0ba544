import Logging
import NIOConcurrencyHelpers
import NIOCore
import RLSClient
import RLSCore
import RLSStorage
import RLSWire

/// Keeps one index server up to date, for as long as it is on the list. It alone waits for that server.
final class RLIUpdater: Sendable {
    /// What an updater shares with the others.
    struct Surroundings: Sendable {
        let clock: SteadyClock
        let settings: @Sendable (RLIRecord) -> UpdatePlan.Settings
        let timeout: @Sendable () -> Duration
        let credential: ClientCredential
        let logger: Logger
        /// Told of each success, with Unix time.
        let succeeded: @Sendable (ByteString, Int) -> Void
    }

    private struct State {
        var plan: UpdatePlan
        var error = ByteString.empty
        var session: PeerSession?
        /// When the last success was written down.
        var noted = 0
    }

    /// A configuration that has changed, or a filter that is not ready, is looked at again after this.
    private static let longestWait = 5_000
    private static let noteInterval = 60_000

    let record: RLIRecord
    private let target: any UpdateTarget
    private let surroundings: Surroundings
    private let wake = WakeSignal()
    private let state: NIOLockedValueBox<State>

    init(_ record: RLIRecord, _ target: any UpdateTarget, plan: UpdatePlan, _ surroundings: Surroundings) {
        self.record = record
        self.target = target
        self.surroundings = surroundings
        state = NIOLockedValueBox(State(plan: plan))
    }

    private var settings: UpdatePlan.Settings { surroundings.settings(record) }

    // MARK: What others ask for

    /// Something has changed: perhaps it is to be sent at once.
    func noteChanges() { wake.signal() }

    func updateNow() {
        state.withLockedValue { $0.plan.demandFull() }
        wake.signal()
    }

    var status: SoftStateStatus {
        let (plan, error) = state.withLockedValue { ($0.plan, $0.error) }
        var status = SoftStateStatus()
        status.url = record.url
        status.patterns = ByteString(words: record.patterns)
        status.isImmediate = settings.isImmediate
        status.lastSuccess = (plan.lastSuccess ?? 0) / 1_000
        status.lastFull = (plan.lastFull ?? 0) / 1_000
        status.next = plan.nextTime(at: surroundings.clock.now, settings) / 1_000
        status.waiting = target.waiting
        status.error = error.isEmpty && !target.isReady ? "the filter is being built" : error
        target.describe(&status)
        return status
    }

    // MARK: The loop

    /// Until the task is cancelled.
    func run() async {
        await withTaskCancellationHandler {
            await loop()
        } onCancel: {
            // Ends a call that waits for an answer.
            Task { await self.endSession() }
        }
        await endSession()
    }

    private func loop() async {
        while !Task.isCancelled {
            let now = surroundings.clock.now
            let settings = self.settings
            let waiting = target.waiting
            let step = state.withLockedValue { state in
                state.plan.changesWait(waiting, at: now)
                return state.plan.next(at: now, settings)
            }
            switch step {
            case .wait(let time):
                let pause = max(1, min(time - now, Self.longestWait))
                await wake.wait(upTo: .milliseconds(Int64(pause)))
            case .full where !target.isReady: await wake.wait(upTo: .milliseconds(Int64(Self.longestWait)))
            case .full: await attempt(full: true, settings)
            case .changes: await attempt(full: false, settings)
            }
        }
    }

    private func attempt(full: Bool, _ settings: UpdatePlan.Settings) async {
        state.withLockedValue { $0.plan.began(full: full) }
        do {
            let session = try await openSession()
            try Task.checkCancellation()
            let interval = max(1, settings.interval / 1_000)
            let began = surroundings.clock.now
            if !full, let report = try await target.sendChanges(session, interval: interval) {
                succeeded(full: false, report, since: began, settings)
            } else {
                let report = try await target.sendFull(session, interval: interval)
                succeeded(full: true, report, since: began, settings)
            }
        } catch is NotReady {
            state.withLockedValue { $0.plan.demandFull() }
            await wake.wait(upTo: .milliseconds(Int64(Self.longestWait)))
        } catch {
            await endSession()
            if !Task.isCancelled { failed(error, settings) }
        }
    }

    private func succeeded(
        full: Bool, _ report: UpdateReport, since began: Int, _ settings: UpdatePlan.Settings
    ) {
        let now = surroundings.clock.now
        let hadError = state.withLockedValue { state in
            state.plan.succeeded(full: full, at: now, settings, random: Double.random(in: 0..<1))
            return !exchange(&state.error, with: .empty).isEmpty
        }
        surroundings.logger.debug(
            "index server updated",
            metadata: [
                "rli": "\(record.url)", "kind": "\(report.kind.rawValue)", "names": "\(report.names)",
                "bytes": "\(report.bytes)", "milliseconds": "\(now - began)",
            ])
        if hadError { surroundings.logger.notice("index server updated again", metadata: ["rli": "\(record.url)"]) }
        // Each is a durable commit: not for every small update.
        let isNoted = state.withLockedValue { state in
            guard full || now - state.noted >= Self.noteInterval else { return false }
            state.noted = now
            return true
        }
        if isNoted { surroundings.succeeded(record.url, now / 1_000) }
    }

    private func failed(_ error: any Error, _ settings: UpdatePlan.Settings) {
        let now = surroundings.clock.now
        let text = ByteString("\(error)")
        let isNews = state.withLockedValue { state in
            state.plan.failed(at: now, settings, random: Double.random(in: 0..<1))
            return exchange(&state.error, with: text) != text
        }
        // Once for each cause, not for each attempt.
        if isNews {
            surroundings.logger.warning(
                "index server not updated", metadata: ["rli": "\(record.url)", "cause": "\(error)"])
        }
    }

    // MARK: Connection

    private func openSession() async throws -> PeerSession {
        if let session = state.withLockedValue({ $0.session }) {
            if session.connection.isOpen { return session }
            await endSession()
        }
        let session = try await PeerSession.connect(
            to: record.url, timeout: surroundings.timeout(), credential: surroundings.credential)
        state.withLockedValue { $0.session = session }
        session.connection.whenClosed { [weak self] in self?.lost(session) }
        return session
    }

    /// Not by us: an index server that was started again has to be told. Lists wait for their interval: it keeps them over a
    /// restart, and changes are not due before.
    private func lost(_ session: PeerSession) {
        let now = surroundings.clock.now
        let mayTell = record.isFilter || settings.isImmediate
        let isOurs = state.withLockedValue { state in
            guard state.session?.connection === session.connection else { return false }
            state.session = nil
            if mayTell { state.plan.lostConnection(at: now) }
            return true
        }
        if isOurs { wake.signal() }
    }

    private func endSession() async {
        let session = state.withLockedValue { exchange(&$0.session, with: nil) }
        await session?.close()
    }
}
