import RLSCore

/// Where a site keeps its replicas: partitions, and one layout below each.
package struct StorageArea: Sendable, Hashable {
    package let partitions: [StoragePartition]
    package let layout: LayoutTemplate

    /// Partitions must differ in name, root and URL.
    package init(partitions: [StoragePartition], layout: LayoutTemplate) throws(StorageAreaError) {
        guard !partitions.isEmpty else { throw StorageAreaError("the storage has no partition") }
        for (index, partition) in partitions.enumerated() {
            for other in partitions[..<index] {
                let same: String? =
                    if other.name == partition.name { "name" } else if other.root == partition.root {
                        "directory"
                    } else if other.url == partition.url { "URL" } else { nil }
                if let same {
                    throw StorageAreaError("partitions \(other.name) and \(partition.name) have the same \(same)")
                }
                let (one, two) = (other.root + "/", partition.root + "/")
                if one.hasPrefix(two) || two.hasPrefix(one) {
                    throw StorageAreaError("of partitions \(other.name) and \(partition.name) one is inside the other")
                }
            }
        }
        self.partitions = partitions
        self.layout = layout
    }

    package func partition(named name: String) -> StoragePartition? { partitions.first { $0.name == name } }

    /// The writable partition with the most free space beyond its reserve; of equal ones the first. nil when none has
    /// room for `size` bytes. `free` tells the free bytes of a partition, its reserve among them; nil for one that
    /// does not answer.
    package func choose(for size: Int64, free: (StoragePartition) -> Int64?) -> StoragePartition? {
        var best: (partition: StoragePartition, room: Int64)?
        for partition in partitions where partition.isWritable {
            guard let bytes = free(partition), bytes >= partition.reserve else { continue }
            let room = bytes - partition.reserve
            if room >= size, room > best?.room ?? -1 { best = (partition, room) }
        }
        return best?.partition
    }

    /// As `choose(for:free:)`, asking the file systems.
    package func choose(for size: Int64) -> StoragePartition? { choose(for: size) { $0.freeBytes() } }
}
