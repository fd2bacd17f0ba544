import RLSClient
import RLSCore

/// A copy of this site that may be removed.
struct RemovableCopy: Sendable, Hashable {
    let mapping: Mapping
    let partition: StoragePartition
    /// Below the partition's root.
    let path: String
}

/// Tells copies of this site from those of others, and finds ours.
struct CopyPlaces: Sendable {
    let area: StorageArea

    /// nil for what is not ours, and for what is in a partition that nothing is changed in.
    func removable(_ mapping: Mapping) -> RemovableCopy? {
        guard let place = area.locate(pfn: mapping.pfn), !place.partition.isReadOnly else { return nil }
        return RemovableCopy(mapping: mapping, partition: place.partition, path: place.relativePath)
    }

    /// Files that are where the layout puts this one: a pass that was cut off has forgotten them and not yet removed them.
    func leftovers(_ record: FileRecord, publisher: String) -> [RemovableCopy] {
        guard let path = try? area.layout.path(for: record, publisher: publisher) else { return [] }
        return area.partitions.filter { !$0.isReadOnly }.compactMap { partition in
            guard FileCalls.size(partition.root + "/" + path) == record.size else { return nil }
            let mapping = Mapping(lfn: record.lfn, pfn: area.url(partition, path))
            return RemovableCopy(mapping: mapping, partition: partition, path: path)
        }
    }

    /// Whether one of the URLs is a copy that somebody else keeps.
    /// - Parameter ours: what the site's own catalog says
    func hasOther(_ urls: [ByteString], than ours: Set<ByteString>) -> Bool {
        urls.contains { url in
            !ours.contains(url) && !area.partitions.contains { url.bytes.starts(with: $0.url.bytes) }
                // A path says nothing about whose it is.
                && !url.bytes.starts(with: "file:".utf8) && TransferTools.source(of: url) != nil
        }
    }
}
