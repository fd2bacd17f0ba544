import RLSCore

/// A row of the catalog as it is stored and as it travels: the attributes stay bytes, for neither needs to look into them.
struct MetadataRow: Sendable, Hashable {
    let lfn: ByteString
    var isDeleted = false
    var size: Int64 = 0
    var checksums = Checksums()
    var collection = ""
    var attributes = AttributeCodec.none
    var clock: Int64 = 0
    var site = ""
    /// The number of the change at the site whose log or database it is from.
    var change = 0
}

extension MetadataRow {
    /// Checks a record that somebody wants to publish; its stamp is not known yet.
    init(_ record: FileRecord) throws(MetadataError) {
        let attributes: [UInt8]
        do {
            attributes = try AttributeCodec.encode(record.attributes)
        } catch {
            throw error.of(record.lfn.description)
        }
        self.init(
            lfn: record.lfn, size: record.size, checksums: record.checksums, collection: record.collection,
            attributes: attributes)
        if let problem { throw MetadataError(.invalid, "\(record.lfn): \(problem)") }
    }

    init(_ change: MetadataChange) throws(MetadataError) {
        if let content = change.content {
            guard content.lfn == change.lfn else {
                throw MetadataError(.invalid, "\(change.lfn): the change holds the record of \(content.lfn)")
            }
            try self.init(content)
        } else {
            self.init(lfn: change.lfn, isDeleted: true)
            if let problem { throw MetadataError(.invalid, "\(change.lfn): \(problem)") }
        }
        clock = change.stamp.clock
        site = change.stamp.site
    }

    /// What is beyond the limits; nil for a good row. Attributes have been looked at by their codec.
    var problem: String? {
        let limit = MetadataLimits.name
        if lfn.isEmpty || lfn.count > limit { return "an LFN of \(lfn.count) bytes: give 1 to \(limit)" }
        if lfn.bytes.contains(0) { return "an LFN with a NUL byte" }
        if !(0...MetadataLimits.size).contains(size) {
            return "a size of \(size) bytes: at most \(MetadataLimits.size)"
        }
        if let md5 = checksums.md5, md5.count != 16 { return "an md5 of \(md5.count) bytes: it has 16" }
        if let sha256 = checksums.sha256, sha256.count != 32 { return "a sha256 of \(sha256.count) bytes: it has 32" }
        if collection.utf8.count > limit { return "a collection's name of more than \(limit) bytes" }
        if collection.utf8.contains(0) { return "a collection's name with a NUL byte" }
        if lfn.count + collection.utf8.count + attributes.count > MetadataLimits.record - 128 {
            return "a record of more than \(MetadataLimits.record) bytes"
        }
        return nil
    }

    /// About its bytes in memory.
    var weight: Int { lfn.count + attributes.count + 256 }

    var stamp: ChangeStamp { ChangeStamp(clock: clock, site: site) }

    /// Not to be asked of a deleted file's.
    func record() throws(MetadataError) -> FileRecord {
        FileRecord(
            lfn: lfn, size: size, checksums: checksums, collection: collection,
            attributes: try AttributeCodec.decode(attributes))
    }

    func metadataChange() throws(MetadataError) -> MetadataChange {
        MetadataChange(lfn: lfn, content: isDeleted ? nil : try record(), stamp: stamp)
    }
}
