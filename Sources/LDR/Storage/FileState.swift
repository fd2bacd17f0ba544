import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A plain file as it was found.
package struct FileState: Sendable, Hashable {
    package let path: FilePath
    /// Bytes.
    package let size: Int64
    /// Nanoseconds since 1970.
    package let modified: Int64
    /// Nanoseconds since 1970, of its content, its links or its permissions; nobody sets it at will.
    package let changed: Int64
    package let inode: UInt64

    package init(path: FilePath, size: Int64, modified: Int64, changed: Int64 = 0, inode: UInt64 = 0) {
        self.changed = changed
        self.inode = inode
        self.path = path
        self.size = size
        self.modified = modified
    }
}

/// What is at a path.
enum FileEntry {
    case file(FileState)
    case directory(DirectoryIdentity)
    case link
    /// A device, a pipe, a socket.
    case special

    init(_ path: FilePath, followsLinks: Bool) throws(FileProblem) {
        var status = stat()
        let result = path.withPlatformString { followsLinks ? stat($0, &status) : lstat($0, &status) }
        guard result == 0 else {
            throw FileProblem(path, errno == ENOENT ? "does not exist" : "cannot be looked at: " + FileProblem.cause())
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            self = .file(
                FileState(
                    path: path, size: Int64(status.st_size), modified: Self.nanoseconds(status.st_mtim),
                    changed: Self.nanoseconds(status.st_ctim), inode: UInt64(status.st_ino)))
        case S_IFDIR: self = .directory(DirectoryIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
        case S_IFLNK: self = .link
        default: self = .special
        }
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

struct DirectoryIdentity: Hashable {
    let device: UInt64
    let inode: UInt64
}

extension DirectoryIdentity {
    /// nil for what is no directory. Links are followed.
    init?(_ path: FilePath) {
        guard case .directory(let identity)? = try? FileEntry(path, followsLinks: true) else { return nil }
        self = identity
    }
}
