import NIOConcurrencyHelpers
import RLSCore
import RLSStorage

/// Changes that wait to be sent as an immediate update: of each name the last, no more than a limit. More than that, and the
/// next update is a full one.
final class ChangeBuffer: Sendable {
    enum Content: Sendable {
        case changes([NameChange])
        /// Too much to remember, or all names at once.
        case everything
    }

    private struct State {
        /// Whether the name is there now.
        var changes: [ByteString: Bool] = [:]
        var isEverything = false
    }

    private let partition: NamePartition
    private let limit: Int
    private let state = NIOLockedValueBox(State())

    init(_ partition: NamePartition, limit: Int = 100_000) {
        self.partition = partition
        self.limit = limit
    }

    var count: Int { state.withLockedValue { $0.isEverything ? limit : $0.changes.count } }

    func note(_ events: [CatalogEvent]) {
        state.withLockedValue { state in
            for event in events {
                if state.isEverything { return }
                switch event {
                case .name(let change): add(change, to: &state)
                case .cleared, .missed: overflow(&state)
                case .rlisChanged: break
                }
            }
        }
    }

    private func add(_ change: NameChange, to state: inout State) {
        let bytes = change.name.bytes
        guard partition.contains(bytes.span) else { return }
        let isThere = if case .added = change { true } else { false }
        state.changes[change.name] = isThere
        if state.changes.count > limit { overflow(&state) }
    }

    private func overflow(_ state: inout State) {
        state.changes = [:]
        state.isEverything = true
    }

    func take() -> Content {
        state.withLockedValue { state in
            let taken = exchange(&state, with: State())
            if taken.isEverything { return .everything }
            return .changes(taken.changes.map { $0.value ? .added($0.key) : .deleted($0.key) })
        }
    }
}
