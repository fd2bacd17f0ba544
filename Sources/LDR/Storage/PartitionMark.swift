import Foundation
import RLSStorage
import RLSStorageSQLite

/// A file in a partition's directory by which it is known again: where it was and is missing, the file system is not mounted,
/// and what is there instead is not the partition.
package struct PartitionMark: Sendable {
    package let path: String

    package init(_ partition: StoragePartition) { path = partition.root + "/.ldr-partition" }

    package var isThere: Bool { access(path, F_OK) == 0 }

    /// False where that is impossible, as in one that can only be read.
    fileprivate func make() -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        if file >= 0 { close(file) }
        return file >= 0
    }
}

extension WorkStore {
    /// Whether a partition is what it was. One that is seen for the first time is marked.
    package func isMounted(_ partition: StoragePartition) throws(StorageError) -> Bool {
        let mark = PartitionMark(partition)
        let known = try file.connection.statement("SELECT 1 FROM partition_seen WHERE root = ?")
        let isKnown = try known.bind(1, text: partition.root).hasRow()
        if isKnown || mark.isThere {
            if !isKnown { try note(partition) }
            return mark.isThere
        }
        guard access(partition.root, F_OK) == 0 else { return false }
        if mark.make() { try note(partition) }
        return true
    }

    private func note(_ partition: StoragePartition) throws(StorageError) {
        try file.connection.statement("INSERT OR IGNORE INTO partition_seen (root) VALUES (?)")
            .bind(1, text: partition.root).run()
    }
}
