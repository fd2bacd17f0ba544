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

    init(_ path: String, keyword: String) throws(StorageError) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard file >= 0 else {
            throw StorageError(
                .cannotOpen,
                "\(path): \(String(cString: strerror(errno))); check that the directory exists and the server's user may write there"
            )
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw StorageError(
                .busy, "\(path): another rls-server serves this database; stop it, or give another \(keyword)")
        }
        descriptor = NIOLockedValueBox(file)
    }

    func release() {
        descriptor.withLockedValue { file in
            if file >= 0 { close(file) }
            file = -1
        }
    }

    deinit { release() }
}
