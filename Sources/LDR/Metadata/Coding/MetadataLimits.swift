/// What is accepted from publishers and from the logs of others.
package enum MetadataLimits {
    /// Bytes of an LFN, of a collection's name, and of an attribute's name.
    package static let name = 4_096
    package static let attributes = 256
    /// Bytes of a file: 1 PiB.
    package static let size: Int64 = 1 << 50
    /// Bytes of a file's record.
    package static let record = 65_536
    /// How far another clock may be ahead, in milliseconds: one day. A file that was changed in the far future could not be
    /// changed by anybody else for as long.
    package static let clockAhead: Int64 = 86_400_000
}
