/// The beginning of a file, with its checksums so far.
struct DigestedPart: ~Copyable, Sendable {
    private var blocks: FileBlocks
    private var digest: ContentDigest
    private let path: String
    /// Bytes.
    private(set) var count: Int64 = 0

    init(_ blocks: consuming FileBlocks, path: String, kinds: Set<ChecksumKind>) throws(DigestError) {
        self.blocks = blocks
        self.path = path
        digest = try ContentDigest(kinds)
    }

    /// - Returns: whether there was something more to read
    mutating func advance() throws(DigestError) -> Bool {
        try Self.advance(&blocks, &digest, &count)
    }

    private static func advance(
        _ blocks: inout FileBlocks, _ digest: inout ContentDigest, _ count: inout Int64
    ) throws(DigestError) -> Bool {
        try blocks.next(atMost: ContentDigest.blockSize) {
            count += Int64($0.count)
            digest.update($0)
        }
    }

    /// To the end of the file.
    consuming func finish(_ isCancelled: () -> Bool) throws(DigestError) -> (size: Int64, checksums: Checksums) {
        while try advance() {
            if isCancelled() { throw DigestError(reason: .cancelled, description: "\(path): cancelled") }
        }
        return (count, digest.finish())
    }

    // MARK: While it grows

    /// Whether all that was read is still there.
    var isStillThere: Bool { blocks.size >= count }

    /// Whether this is the file itself, and not only one that had the same name.
    func isOf(_ descriptor: Int32) -> Bool { blocks.isSame(as: descriptor) }

    /// Begins to write to the disk what it has not written of the bytes before `count`.
    func beginWriting(from start: Int64) { blocks.beginWriting(from: start, to: count) }
}
