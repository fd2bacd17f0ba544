import SystemPackage

/// Tells from scans of a directory which files are complete: those whose size and time of change stay the same for a
/// while. The times of files are only compared with each other, as a copy may keep the times of its original.
package struct DirectoryWatch: Sendable {
    private struct Seen {
        let size: Int64
        let modified: Int64
        /// Milliseconds of the scan that found it so first.
        let since: Int64
        var isTold = false
    }

    /// Milliseconds without a change.
    private let quiet: Int64
    private let ignoresUnfinishedNames: Bool
    private var seen: [FilePath: Seen] = [:]
    /// Files that could not be taken as they are.
    private var refused: [FilePath: Refusal] = [:]

    private struct Refusal {
        var times = 0
        /// Milliseconds; as it is, it is not told before.
        var until: Int64 = 0
    }

    /// `ignoresUnfinishedNames`: names that begin with a dot or end in `.tmp` or `.part` are left to their writers.
    package init(quiet: TimeSpan, ignoresUnfinishedNames: Bool = true) {
        self.quiet = max(0, quiet.milliseconds)
        self.ignoresUnfinishedNames = ignoresUnfinishedNames
    }

    /// Everything that is there, at `now` in milliseconds of a clock that never goes back. Returns the files that are
    /// complete and have not been returned yet as they are, in the order given.
    package mutating func scan(_ files: [FileState], now: Int64) -> [FileState] {
        var next: [FilePath: Seen] = [:]
        next.reserveCapacity(files.count)
        var complete: [FileState] = []
        for file in files where !(ignoresUnfinishedNames && Self.isUnfinished(file.path)) {
            var entry = Seen(size: file.size, modified: file.modified, since: now)
            if let last = seen[file.path], last.size == file.size, last.modified == file.modified {
                entry = last
            } else {
                refused[file.path] = nil
            }
            let isDue = now - entry.since >= quiet && now >= refused[file.path]?.until ?? now
            if !entry.isTold, isDue, next[file.path] == nil {
                entry.isTold = true
                complete.append(file)
            }
            next[file.path] = entry
        }
        seen = next
        refused = refused.filter { next[$0.key] != nil }
        return complete
    }

    /// Files that are waited for.
    package var pending: Int { seen.values.count { !$0.isTold } }

    /// As it was not taken after all, by an error that may pass: the next scan returns it again.
    package mutating func retry(_ path: FilePath) { seen[path]?.isTold = false }

    /// As it could not be taken, by an error of the file: it is returned again after pauses that grow up to an hour, or when it
    /// has changed. To look at it may mean to read all of it.
    /// - Parameter now: as for `scan`
    package mutating func retryLater(_ path: FilePath, now: Int64) {
        guard seen[path] != nil else { return }
        var refusal = refused[path] ?? Refusal()
        refusal.times += 1
        refusal.until = now + Int64(RetryRule.pause(after: refusal.times, seed: path.hashValue))
        refused[path] = refusal
        retry(path)
    }

    private static func isUnfinished(_ path: FilePath) -> Bool {
        guard let name = path.lastComponent?.string else { return false }
        return name.hasPrefix(".") || name.hasSuffix(".tmp") || name.hasSuffix(".part")
    }
}
