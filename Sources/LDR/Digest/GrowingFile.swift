import NIOConcurrencyHelpers

/// A file that a program appends to, digested as far as it has come.
///
/// What was read is not read again: the program must not change what it has written. One that replaces the file, or cuts it,
/// is noticed.
///
/// `@unchecked Sendable`: what changes is touched under the lock only.
final class GrowingFile: @unchecked Sendable {
    /// Bytes that are handed to the disk at a time: what is left at the end is quickly made to last.
    private static let written: Int64 = 32 << 20

    let kinds: Set<ChecksumKind>
    private let path: String
    private let size: Int64
    private let lock = NIOLock()
    private var part: DigestedPart?
    private var written: Int64 = 0
    private var isGivenUp = false

    /// - Parameters:
    ///   - path: of a file that need not exist yet
    ///   - size: what it will have in the end
    init(path: String, size: Int64, kinds: Set<ChecksumKind>) {
        self.path = path
        self.size = size
        self.kinds = kinds
    }

    /// Bytes that have been read.
    var count: Int64 { lock.withLock { part?.count ?? 0 } }

    /// Digests what has come since, up to a limit.
    ///
    /// - Parameter limit: bytes, about
    /// - Returns: bytes
    @discardableResult func advance(atMost limit: Int64) -> Int64 {
        lock.withLock {
            if isGivenUp { return 0 }
            guard var part = opened(self.part.take()) else { return 0 }
            let start = part.count
            do { while part.count - start < limit, try part.advance() {} } catch { isGivenUp = true }
            if !part.isStillThere { isGivenUp = true }
            let count = part.count
            if count - written >= Self.written {
                part.beginWriting(from: written)
                written = count
            }
            if !isGivenUp { self.part = consume part }
            return count - start
        }
    }

    private func opened(_ part: consuming DigestedPart?) -> DigestedPart? {
        if let part { return part }
        guard let blocks = try? FileBlocks(path: path, expecting: size) else { return nil }
        return try? DigestedPart(blocks, path: path, kinds: kinds)
    }

    /// Digests the rest, once.
    ///
    /// - Parameter descriptor: of the complete file
    /// - Returns: nil when another file has been read, or none
    func finish(
        _ descriptor: Int32, _ isCancelled: () -> Bool
    ) throws(DigestError) -> (size: Int64, checksums: Checksums)? {
        guard let part = take() else { return nil }
        return part.isOf(descriptor) && part.isStillThere ? try part.finish(isCancelled) : nil
    }

    private func take() -> DigestedPart? {
        lock.lock()
        defer { lock.unlock() }
        if isGivenUp { return nil }
        isGivenUp = true
        return part.take()
    }
}
