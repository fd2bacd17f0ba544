import NIOConcurrencyHelpers
import RLSStorage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Keeps a second server off a database: two would each hold counts and snapshots that the other does not know of. The system
/// lets go of it when the process ends, however it ends.
final class FileLock: Sendable {
    private let descriptor: NIOLockedValueBox<Int32>

    convenience init(_ path: String, keyword: String) throws(StorageError) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw Self.failure(path) }
        try self.init(file, path, keyword: keyword)
    }

    /// For who only reads, and may not be allowed to make the file: where there is none, no server has ever been.
    convenience init?(forReading path: String, keyword: String) throws(StorageError) {
        var file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        if file < 0 && [EACCES, EPERM, EROFS].contains(errno) { file = open(path, O_RDONLY | O_CLOEXEC) }
        if file < 0 && errno == ENOENT { return nil }
        guard file >= 0 else { throw Self.failure(path) }
        try self.init(file, path, keyword: keyword)
    }

    private static func failure(_ path: String) -> StorageError {
        StorageError(
            .cannotOpen,
            "\(path): \(String(cString: strerror(errno))); check that the directory exists and the server's user may write there"
        )
    }

    private init(_ file: Int32, _ path: String, keyword: String) throws(StorageError) {
        guard Self.lock(file) else {
            close(file)
            throw StorageError(
                .busy, "\(path): another rls-server serves this database; stop it, or give another \(keyword)")
        }
        descriptor = NIOLockedValueBox(file)
    }

    /// Waits a moment: a process that another thread is just starting holds a copy of every open file until it runs its program.
    private static func lock(_ file: Int32) -> Bool {
        for attempt in 0..<10 {
            if attempt > 0 { usleep(20_000) }
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return true }
        }
        return false
    }

    func release() {
        descriptor.withLockedValue { file in
            if file >= 0 { close(file) }
            file = -1
        }
    }

    deinit { release() }
}
