import CLinux
import Glibc

/// A regular file, read from its beginning block by block.
struct FileBlocks: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private let closes: Bool
    /// Bytes that are expected, for the size of the buffer.
    private var expected: Int64 = 0
    private var buffer: [UInt8] = []

    /// - Parameter expected: bytes; without it those that the file has when it is opened
    init(path: String, expecting expected: Int64? = nil) throws(DigestError) {
        self.path = path
        closes = true
        // Not to wait for a writer, should it be a pipe; and nothing but the file that has this name.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY)
        guard descriptor >= 0 else {
            let reason: DigestError.Reason =
                switch errno {
                case ENOENT, ENOTDIR: .missing
                case ELOOP: .notRegular
                default: .unreadable
                }
            throw DigestError(reason: reason, description: "\(path): \(String(cString: strerror(errno)))")
        }
        try check()
        if let expected { self.expected = expected }
    }

    /// - Parameters:
    ///   - descriptor: of a file that was just opened
    ///   - closes: whether it is closed with the value
    init(descriptor: Int32, path: String, closes: Bool = true) throws(DigestError) {
        self.path = path
        self.descriptor = descriptor
        self.closes = closes
        try check()
    }

    private mutating func check() throws(DigestError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw DigestError(reason: .notRegular, description: "\(path): is no regular file")
        }
        expected = Int64(status.st_size)
        if expected > Self.ahead { posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }
    }

    /// What the system reads ahead unasked, about.
    private static let ahead: Int64 = 128 << 10

    deinit { if closes, descriptor >= 0 { close(descriptor) } }

    /// Bytes that the file has now; -1 when it does not say.
    var size: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : -1
    }

    /// Whether the descriptor is of the same file.
    func isSame(as other: Int32) -> Bool {
        var (mine, its) = (stat(), stat())
        guard fstat(descriptor, &mine) == 0, fstat(other, &its) == 0 else { return false }
        return mine.st_dev == its.st_dev && mine.st_ino == its.st_ino
    }

    /// Begins to write to the disk what was written to the file between two places; no promise that it lasts.
    func beginWriting(from start: Int64, to end: Int64) {
        _ = sync_file_range(descriptor, off_t(start), off_t(end - start), rls_sync_file_range_write)
    }

    /// - Returns: whether there was another block, or the file has ended
    mutating func next(atMost limit: Int, _ body: (Span<UInt8>) -> Void) throws(DigestError) -> Bool {
        // A small file needs no large buffer; one more, to see the end.
        let limit = min(limit, Int(clamping: max(expected, 1 << 12) + 1))
        if buffer.count < limit { buffer = [UInt8](repeating: 0, count: limit) }
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, limit) }
            if count > 0 { body(buffer.span.extracting(..<count)) }
            if count >= 0 { return count > 0 }
            guard errno == EINTR else {
                throw DigestError(reason: .unreadable, description: "\(path): \(String(cString: strerror(errno)))")
            }
        }
    }
}

/// The text that a program writes to a file, read as it grows.
struct GrowingText {
    private let path: String
    private var offset: off_t = 0

    init(path: String) { self.path = path }

    /// What has been written since the last time, up to a limit.
    mutating func more(atMost limit: Int = 1 << 20) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let start = offset
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, limit, start))
        }
        offset += off_t(bytes.count)
        return bytes
    }
}
