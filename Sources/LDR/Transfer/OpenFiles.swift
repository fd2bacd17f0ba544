import Glibc

/// The files that other processes have open, as far as we may look into them; looked for when somebody asks for the first time.
/// One for all files of a batch: there may be thousands of processes.
struct OpenFiles {
    private struct File: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    private var known: Set<File>?

    mutating func contain(_ file: stat) -> Bool {
        let all = known ?? Self.ofOthers()
        known = all
        return all.contains(File(device: file.st_dev, inode: file.st_ino))
    }

    private static func ofOthers() -> Set<File> {
        let own = "\(getpid())"
        var found: Set<File> = []
        for process in DirectoryNames.of("/proc") ?? [] where Int(process) != nil && process != own {
            let place = "/proc/\(process)/fd"
            for descriptor in DirectoryNames.of(place) ?? [] {
                var status = stat()
                // Of regular files only: a process may have many connections.
                guard stat("\(place)/\(descriptor)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
                found.insert(File(device: status.st_dev, inode: status.st_ino))
            }
        }
        return found
    }
}
