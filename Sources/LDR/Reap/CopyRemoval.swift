import Glibc
import RLSCore

/// Removes a file below a partition's root. Symbolic links are not followed: they lead to what is not ours.
enum CopyRemoval {
    enum Outcome: Sendable, Hashable {
        case removed
        /// It was not there.
        case absent
        case failed(String)
    }

    /// - Parameter path: below the root
    static func remove(_ path: String, of partition: StoragePartition) -> Outcome {
        let shown = partition.root + "/" + path
        guard SafePath.isSafe(path), !partition.isReadOnly else { return .failed("\(shown): may not be removed") }
        var names = path.split(separator: "/").map(String.init)
        guard let last = names.popLast() else { return .failed("\(shown): is no file") }
        var directory = open(partition.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for name in names where directory >= 0 {
            let next = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            let cause = errno
            close(directory)
            directory = next
            errno = cause
        }
        guard directory >= 0 else { return outcome(errno, shown, partition) }
        defer { close(directory) }
        var status = stat()
        guard fstatat(directory, last, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            return outcome(errno, shown, partition)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return .failed("\(shown): is no plain file") }
        guard unlinkat(directory, last, 0) == 0 else { return outcome(errno, shown, partition) }
        return .removed
    }

    private static func outcome(_ number: Int32, _ path: String, _ partition: StoragePartition) -> Outcome {
        guard number == ENOENT else { return .failed("\(path): not removed: \(String(cString: strerror(number)))") }
        // The file may be there when the file system is.
        if PartitionMark(partition).isThere { return .absent }
        return .failed("\(path): partition \(partition.name) has lost its mark: mount it")
    }
}
