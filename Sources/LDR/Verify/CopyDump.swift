import RLSClient
import RLSCore

/// What the catalog says is in each partition, at one moment.
package struct CopyDump: Sendable {
    /// By the path in the partition.
    package private(set) var copies: [PartitionPath: Mapping] = [:]
    /// Copies whose URLs belong to no partition of the site: they cannot be looked at, and count only where the site is the
    /// publisher.
    package private(set) var elsewhere: [Mapping] = []

    /// All that have copies in a partition.
    package var names: Set<ByteString> { Set(copies.values.map(\.lfn)) }

    mutating func keep(_ isKept: (PartitionPath) -> Bool) { copies = copies.filter { isKept($0.key) } }

    package init(_ mappings: [Mapping], in area: StorageArea) {
        copies.reserveCapacity(mappings.count)
        for mapping in mappings {
            if let place = area.locate(pfn: mapping.pfn) {
                copies[PartitionPath(partition: place.partition.name, path: place.relativePath)] = mapping
            } else {
                elsewhere.append(mapping)
            }
        }
    }
}

/// A file's place in a site's storage.
package struct PartitionPath: Sendable, Hashable, Comparable {
    package let partition: String
    package let path: String

    package static func < (left: PartitionPath, right: PartitionPath) -> Bool {
        (left.partition, left.path) < (right.partition, right.path)
    }
}
