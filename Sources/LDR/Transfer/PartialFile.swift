import Glibc

/// What an earlier attempt left of a file.
enum PartialFile: Equatable {
    /// All of it seems to be there.
    case complete
    /// So many bytes are there; the file ends with them.
    case resumed(Int64)
    /// Nothing is there.
    case new

    /// Several streams leave gaps; blocks on their way when a program ended may be incomplete around one.
    private static let doubtful: Int64 = 1 << 20
    /// SEEK_HOLE, which the C library keeps to itself unless asked for its extensions.
    private static let seekHole: Int32 = 4

    /// Bytes of the disk that a temporary file has; 0 where there is none.
    static func written(_ path: String) -> Int64 {
        guard let status = FileCalls.status(path), status.st_mode & S_IFMT == S_IFREG else { return 0 }
        return Int64(status.st_blocks) * 512
    }

    /// Looks at a request's temporary file and brings it into one of these states.
    ///
    /// Continued is only what a checksum will be computed of: nothing else would tell a gap from content. A file that
    /// another process has open is begun anew under its name: a program that outlived its daemon may still write it.
    static func prepare(
        _ request: TransferRequest, _ settings: TransferSettings, _ openElsewhere: inout OpenFiles
    ) throws(TransferFailure) -> PartialFile {
        let path = request.destination
        guard let status = FileCalls.status(path) else { return .new }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TransferFailure(.localError, "\(path): is no regular file: remove it")
        }
        let (size, whole) = (Int64(status.st_size), request.expected.size)
        guard request.expected.checksums.strongest != nil, size > 0, size <= whole,
            !openElsewhere.contain(status)
        else { return try remove(path) }
        let end = try contiguous(path, size)
        if end == whole { return .complete }
        let kept = end < size ? end - doubtful : end
        guard kept >= settings.leastResumed, kept > 0 else { return try remove(path) }
        guard truncate(path, off_t(kept)) == 0 else { throw FileCalls.failure(path, errno) }
        return .resumed(kept)
    }

    /// Leaves of a failed transfer what another attempt continues.
    static func cleanUp(_ request: TransferRequest, _ kind: TransferFailure.Kind, _ settings: TransferSettings) {
        let size = FileCalls.size(request.destination) ?? 0
        if kind.isPermanent || size < settings.leastResumed { unlink(request.destination) }
    }

    private static func remove(_ path: String) throws(TransferFailure) -> PartialFile {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileCalls.failure(path, errno) }
        return .new
    }

    /// Bytes before the first gap.
    private static func contiguous(_ path: String, _ size: Int64) throws(TransferFailure) -> Int64 {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileCalls.failure(path, errno) }
        defer { close(descriptor) }
        let hole = lseek(descriptor, 0, seekHole)
        return hole < 0 ? size : min(Int64(hole), size)
    }
}
