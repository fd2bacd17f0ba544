import RLSCore

/// When and where a file's metadata was changed. Of two changes of the same file the later counts, at every site: clocks of
/// sites are kept together by what they hear of each other, and sites that change at the same time go by their names.
package struct ChangeStamp: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970, times 65536, plus a counter; never below one that the site has seen.
    package let clock: Int64
    /// The site that made the change.
    package let site: String

    package init(clock: Int64, site: String) {
        self.clock = clock
        self.site = site
    }

    package static func < (left: ChangeStamp, right: ChangeStamp) -> Bool {
        (left.clock, left.site) < (right.clock, right.site)
    }
}

/// A file has been published, changed or deleted.
package struct MetadataChange: Sendable, Hashable {
    package let lfn: ByteString
    /// nil for a file that has been deleted.
    package let content: FileRecord?
    package let stamp: ChangeStamp

    package init(lfn: ByteString, content: FileRecord?, stamp: ChangeStamp) {
        self.lfn = lfn
        self.content = content
        self.stamp = stamp
    }
}
