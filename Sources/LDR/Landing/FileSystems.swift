import CLinux
import Glibc
import NIOConcurrencyHelpers

/// Makes all that a file system holds last, where that is as good as making each file last.
final class FileSystems: Sendable {
    /// By device: those that have lost something. They tell so once, and perhaps not to the one whose file it was.
    private let failed = NIOLockedValueBox<Set<dev_t>>([])

    /// - Parameter root: a directory of it
    /// - Returns: false where each file has to be asked for
    func flush(_ root: String) -> Bool {
        let descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var (system, directory) = (statfs(), stat())
        guard fstatfs(descriptor, &system) == 0, Self.whole.contains(Int(system.f_type)),
            fstat(descriptor, &directory) == 0, !failed.withLockedValue({ $0.contains(directory.st_dev) })
        else { return false }
        if syncfs(descriptor) == 0 { return true }
        failed.withLockedValue { _ = $0.insert(directory.st_dev) }
        return false
    }

    /// By statfs(2): ext2 to 4, XFS, Btrfs, F2FS, and tmpfs. Others may hand contents to a server, as FUSE does, and not ask it
    /// to keep them.
    private static let whole: Set<Int> = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x0102_1994]
}
