import NIOConcurrencyHelpers

/// Lets files wait for those before them in their partition, and then get their names together: the slower the disk, the
/// larger the groups.
final class LandingGroups: Sendable {
    /// Whether the file has its name, or something else had it.
    typealias Outcome = Result<Bool, TransferFailure>

    private struct Waiting {
        let file: VerifiedFile
        let continuation: CheckedContinuation<Outcome, Never>
    }

    /// Files of a group, of which each may need an open directory.
    private static let limit = 200
    /// Partitions at a time.
    private static let partitions = 4

    private let threads = FileThreads(partitions)
    private let fileSystems = FileSystems()
    /// By the root of their partition; one that is worked on has an entry.
    private let waiting = NIOLockedValueBox<[String: [Waiting]]>([:])

    func name(_ file: VerifiedFile) async -> Outcome {
        await withCheckedContinuation { continuation in
            let root = file.file.place.root
            let isFirst = waiting.withLockedValue { waiting in
                let isFirst = waiting[root] == nil
                waiting[root, default: []].append(Waiting(file: file, continuation: continuation))
                return isFirst
            }
            if isFirst { Task { await threads.run { [self] _ in nameAll(root) } } }
        }
    }

    private func nameAll(_ root: String) {
        while case let group = next(root), !group.isEmpty {
            let outcomes = LandingGroup(files: group.map(\.file), fileSystems: fileSystems).name()
            for (waiting, outcome) in zip(group, outcomes) { waiting.continuation.resume(returning: outcome) }
        }
    }

    private func next(_ root: String) -> [Waiting] {
        waiting.withLockedValue { waiting in
            let all = waiting[root] ?? []
            waiting[root] = all.isEmpty ? nil : Array(all.dropFirst(Self.limit))
            return Array(all.prefix(Self.limit))
        }
    }
}
