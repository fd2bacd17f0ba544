import RLSCore

/// What the subscriptions say of one change.
struct Verdict {
    let lfn: ByteString
    let size: Int64
    /// The strongest checksum, with its kind.
    let checksum: ByteString?
    /// Bits of the subscriptions that want the file, and of all that have looked at it: the others have done so before.
    let wanted: Int
    let judged: Int

    /// Whether this site published it: then it has just read and registered its copy.
    let isOwn: Bool

    init(_ change: Int, _ content: MetadataChange, _ judges: [Judge], at site: String) {
        var (wanted, judged) = (0, 0)
        for judge in judges where judge.subscription.position < change {
            judged |= judge.subscription.bit
            guard let file = content.content else { continue }
            if judge.expression.matches(file, publisher: content.stamp.site) { wanted |= judge.subscription.bit }
        }
        lfn = content.lfn
        isOwn = content.stamp.site == site
        size = content.content?.size ?? 0
        checksum = content.content?.checksums.strongestBytes
        (self.wanted, self.judged) = (wanted, judged)
    }

    /// Whether a copy of what the metadata said before is none of what they say now. Checksums of two kinds tell nothing.
    func replaces(size old: Int, _ before: ByteString?) -> Bool {
        if isOwn { return false }
        if old != Int(size) { return true }
        guard let before, let checksum, before != checksum else { return false }
        return before.bytes.first == checksum.bytes.first
    }
}

extension Checksums {
    /// The strongest, after its kind in one byte; nil where none is known.
    var strongestBytes: ByteString? {
        guard let kind = strongest, let bytes = self[kind], let number = ChecksumKind.allCases.firstIndex(of: kind)
        else { return nil }
        return ByteString([UInt8(number)] + bytes)
    }
}
