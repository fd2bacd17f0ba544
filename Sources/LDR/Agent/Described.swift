import RLSCore
import RLSStorage

extension MetadataStore {
    /// The metadata of files, and the sites that they come from.
    func described(_ lfns: [ByteString]) throws(StorageError) -> [ByteString: DescribedFile] {
        var found: [ByteString: DescribedFile] = [:]
        for lfn in lfns {
            guard let (record, stamp) = try record(of: lfn) else { continue }
            found[lfn] = DescribedFile(record: record, publisher: stamp.site)
        }
        return found
    }
}
