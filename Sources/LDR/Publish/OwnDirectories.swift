import SystemPackage

/// Directories that hold a site's own databases and logs, which are never published.
package struct OwnDirectories: Sendable {
    /// Beginning of the names that the daemons give to their directories in partitions.
    static let hidden = ".ldr-"

    private let paths: [FilePath]

    /// - Parameter paths: absolute; empty ones mean none
    package init(_ paths: [String] = []) {
        self.paths = paths.filter { !$0.isEmpty }.map { FilePath($0).lexicallyNormalized() }
    }

    package init(_ site: SiteConfiguration) { self.init([site.directory, site.logDirectory]) }

    /// Those that a walk leaves out: not the ones that a partition lies in.
    package func avoided(_ partitions: [StoragePartition]) -> [FilePath] {
        paths.filter { path in !partitions.contains { Self.isBelow(FilePath($0.root), path) } }
    }

    /// What was found of directories, to which files come by the thousand: nil for those whose files may be published.
    typealias Findings = [FilePath: String?]

    /// Why a file of a partition is not for others; nil for one that is.
    func problem(_ path: FilePath, in partition: StoragePartition, _ findings: inout Findings) -> FileProblem? {
        let directory = path.removingLastComponent()
        let isHidden = path.lastComponent?.string.hasPrefix(Self.hidden) ?? false
        let reason: String?
        if let known = findings[directory] {
            reason = known
        } else {
            reason = self.reason(directory, in: FilePath(partition.root))
            findings.updateValue(reason, forKey: directory)
        }
        return (isHidden ? Self.hiddenReason : reason).map { FileProblem(path, $0) }
    }

    private static let hiddenReason = "is below a directory `\(hidden)…`, which the daemons use themselves"

    private func reason(_ directory: FilePath, in root: FilePath) -> String? {
        var below = directory
        if below.removePrefix(root), below.components.contains(where: { $0.string.hasPrefix(Self.hidden) }) {
            return Self.hiddenReason
        }
        // A partition may lie in the daemons' directory: then its own files are none of theirs.
        guard let own = paths.first(where: { !Self.isBelow(root, $0) && Self.isIn(directory, $0) }) else { return nil }
        return "belongs to the daemons, whose `directory` or `log_directory` is \(own)"
    }

    private static func isBelow(_ path: FilePath, _ directory: FilePath) -> Bool {
        path != directory && path.starts(with: directory)
    }

    /// Or the same. By its real place, too, where links lead there.
    private static func isIn(_ path: FilePath, _ directory: FilePath) -> Bool {
        if path.starts(with: directory) { return true }
        guard let wanted = DirectoryIdentity(directory) else { return false }
        var above = path
        while !above.components.isEmpty {
            if DirectoryIdentity(above) == wanted { return true }
            above.removeLastComponent()
        }
        return false
    }
}
