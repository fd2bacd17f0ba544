import NIOConcurrencyHelpers

/// Lets files wait for those before them, and then get their names together: the slower the disk, the larger the groups.
final class LandingGroups: Sendable {
    typealias Outcome = Result<Landing.Landed, TransferFailure>

    private struct Waiting {
        let file: VerifiedFile
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isBusy = false
    }

    /// Files of a group, of which each may need an open directory.
    private static let limit = 200

    private let thread = FileThreads(1)
    private let state = NIOLockedValueBox(State())

    func name(_ file: VerifiedFile) async -> Outcome {
        await withCheckedContinuation { continuation in
            let isFirst = state.withLockedValue { state in
                state.waiting.append(Waiting(file: file, continuation: continuation))
                defer { state.isBusy = true }
                return !state.isBusy
            }
            if isFirst { Task { await thread.run { [self] _ in nameAll() } } }
        }
    }

    private func nameAll() {
        while case let group = next(), !group.isEmpty {
            let outcomes = LandingGroup(files: group.map(\.file)).land()
            for (waiting, outcome) in zip(group, outcomes) { waiting.continuation.resume(returning: outcome) }
        }
    }

    /// Of one partition; the first of those that wait is among them.
    private func next() -> [Waiting] {
        state.withLockedValue { state in
            let root = state.waiting.first?.file.file.place.root
            var (group, rest) = ([Waiting](), [Waiting]())
            for waiting in state.waiting {
                if group.count < Self.limit, waiting.file.file.place.root == root {
                    group.append(waiting)
                } else {
                    rest.append(waiting)
                }
            }
            state.waiting = rest
            state.isBusy = !group.isEmpty
            return group
        }
    }
}
