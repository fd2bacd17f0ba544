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

    /// Digests what has come since, up to a limit.
    ///
    /// - Returns: whether there was anything
    func advance(atMost limit: Int64) -> Bool {
        lock.withLock {
            if isGivenUp { return false }
            guard var part = opened(self.part.take()) else { return false }
            let start = part.count
            do {
                while part.count - start < limit, try part.advance() {}
                isGivenUp = !part.isStillThere
            } catch {
                isGivenUp = true
            }
            let isMore = part.count > start
            if part.count - written >= Self.written {
                part.beginWriting(from: written)
                written = part.count
            }
            self.part = consume part
            return isMore
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
