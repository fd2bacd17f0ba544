import NIOConcurrencyHelpers
import RLSCore
import RLSStorage
import RLSWire

/// An updater for each index server on a list.
final class UpdaterSet<Event: Sendable>: Sendable {
    struct Member: Sendable {
        let target: any UpdateTarget
        let plan: UpdatePlan
        /// What has happened to the state that it sends.
        let note: @Sendable (Event) -> Void
    }

    private struct Entry {
        let updater: RLIUpdater
        let note: @Sendable (Event) -> Void
        let task: Task<Void, Never>
    }

    private let entries = NIOLockedValueBox<[ByteString: Entry]>([:])

    private var all: [Entry] { entries.withLockedValue { Array($0.values) } }

    /// Begins and ends updaters, so that they are those on the list.
    func follow(
        _ records: [RLIRecord], _ surroundings: RLIUpdater.Surroundings, make: (RLIRecord) -> Member
    ) {
        let known = entries.withLockedValue { $0 }
        for (url, entry) in known where !records.contains(where: { entry.updater.isFor($0) }) {
            entries.withLockedValue { $0[url] = nil }
            entry.task.cancel()
        }
        for record in records where known[record.url]?.updater.isFor(record) != true {
            let member = make(record)
            let updater = RLIUpdater(record, member.target, plan: member.plan, surroundings)
            // Within the lock: whatever is committed after its first look is noted.
            entries.withLockedValue { entries in
                entries[record.url] = Entry(
                    updater: updater, note: member.note, task: Task { await updater.run() })
            }
        }
    }

    /// - Parameter wakes: whether it may have to be sent at once
    func note(_ event: Event, wakes: Bool) {
        for entry in all {
            entry.note(event)
            if wakes { entry.updater.noteChanges() }
        }
    }

    func wake() { for entry in all { entry.updater.noteChanges() } }

    func updateNow() { for entry in all { entry.updater.updateNow() } }

    var records: [RLIRecord] { all.map(\.updater.record) }
    var status: [SoftStateStatus] { all.map(\.updater.status).sorted { $0.url < $1.url } }

    /// Not waited for: an index server that does not answer would hold up the stop.
    func end() { for entry in entries.withLockedValue({ exchange(&$0, with: [:]).values }) { entry.task.cancel() } }
}

extension RLIUpdater {
    /// The time of the last update is not what makes two records two.
    fileprivate func isFor(_ other: RLIRecord) -> Bool {
        record.url == other.url && record.flags == other.flags && record.patterns == other.patterns
    }
}
