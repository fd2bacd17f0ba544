import RLSCore

/// What is known of a published file, wherever its copies are.
package struct FileRecord: Sendable, Hashable {
    package let lfn: ByteString
    /// Bytes.
    package var size: Int64
    package var checksums: Checksums
    /// The publishing set it belongs to.
    package var collection: String
    package var attributes: [String: MetadataValue]

    package init(
        lfn: ByteString, size: Int64, checksums: Checksums = Checksums(), collection: String = "",
        attributes: [String: MetadataValue] = [:]
    ) {
        self.lfn = lfn
        self.size = size
        self.checksums = checksums
        self.collection = collection
        self.attributes = attributes
    }
}

/// Of a file's content; those that are not known are nil.
package struct Checksums: Sendable, Hashable {
    package var adler32: UInt32?
    /// 16 bytes.
    package var md5: [UInt8]?
    /// 32 bytes.
    package var sha256: [UInt8]?

    package init(adler32: UInt32? = nil, md5: [UInt8]? = nil, sha256: [UInt8]? = nil) {
        self.adler32 = adler32
        self.md5 = md5
        self.sha256 = sha256
    }
}
