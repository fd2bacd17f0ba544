import Foundation
import RLSCore
import SystemPackage

/// The files of a site's partitions. A partition with a directory that could not be read is left out: of it nothing can be said.
package struct StorageScan: Sendable {
    package private(set) var files: [PartitionPath: FileState] = [:]
    package private(set) var partitions: [StoragePartition] = []
    package private(set) var problems: [FileProblem] = []

    /// - Parameter others: directories of the site that hold no copies, wherever they are
    package init(_ partitions: [StoragePartition], others: [String]) {
        for partition in partitions { scan(partition, others.map { $0 + "/" }) }
    }

    private mutating func scan(_ partition: StoragePartition, _ others: [String]) {
        var (found, isWhole) = ([PartitionPath: FileState](), true)
        // Our own directories change all the time: a file that has just gone would be a problem.
        DirectoryWalk(hidden: [OwnDirectories.hidden, "lost+found"]).walk(FilePath(partition.root)) { item in
            switch item {
            case .file(let file):
                let path = file.path.string
                if others.contains(where: { path.hasPrefix($0) }) { return }
                found[PartitionPath(partition: partition.name, path: Self.path(path, below: partition.root))] = file
            case .problem(let problem):
                switch Self.weight(of: problem) {
                case .gone: break
                case .file: problems.append(problem)
                case .directory:
                    problems.append(problem)
                    isWhole = false
                }
            }
        }
        if !isWhole { return }
        partitions.append(partition)
        files.merge(found) { $1 }
    }

    private enum Weight { case gone, file, directory }

    /// What cannot be a copy, as a link, says nothing about the others.
    private static func weight(of problem: FileProblem) -> Weight {
        var status = stat()
        guard lstat(problem.path.string, &status) == 0 else { return errno == ENOENT ? .gone : .directory }
        return status.st_mode & S_IFMT == S_IFDIR ? .directory : .file
    }

    private static func path(_ path: String, below root: String) -> String {
        String(decoding: path.utf8.dropFirst(root.utf8.count + 1), as: UTF8.self)
    }
}

extension CopyDump {
    /// What it says of a partition.
    func only(_ partition: StoragePartition) -> CopyDump {
        var dump = self
        dump.keep { $0.partition == partition.name }
        return dump
    }
}
