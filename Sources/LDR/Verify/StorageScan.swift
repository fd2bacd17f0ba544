import RLSCore
import SystemPackage

/// The files of a site's partitions. A partition that could not be scanned wholly is left out: of it nothing can be said.
package struct StorageScan: Sendable {
    package private(set) var files: [PartitionPath: FileState] = [:]
    package private(set) var partitions: Set<String> = []
    package private(set) var problems: [FileProblem] = []

    package init(_ area: StorageArea) {
        for partition in area.partitions {
            var (found, failures) = ([PartitionPath: FileState](), [FileProblem]())
            // Our own directories change all the time: a file that has just gone would be a problem.
            DirectoryWalk(hidden: ".ldr-").walk(FilePath(partition.root)) { item in
                switch item {
                case .file(let file):
                    let path = Self.path(file.path, below: partition.root)
                    found[PartitionPath(partition: partition.name, path: path)] = file
                case .problem(let problem): failures.append(problem)
                }
            }
            problems += failures
            if !failures.isEmpty { continue }
            partitions.insert(partition.name)
            files.merge(found) { $1 }
        }
    }

    private static func path(_ path: FilePath, below root: String) -> String {
        String(decoding: path.string.utf8.dropFirst(root.utf8.count + 1), as: UTF8.self)
    }
}

extension CopyDump {
    /// What it says of these partitions.
    func only(_ partitions: Set<String>) -> CopyDump {
        var dump = self
        dump.keep { partitions.contains($0.partition) }
        return dump
    }
}
