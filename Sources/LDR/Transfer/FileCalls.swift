import Glibc

/// What files are asked by name; symbolic links are not followed.
enum FileCalls {
    static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    static func exists(_ path: String) -> Bool { status(path) != nil }

    /// Bytes of a regular file; nil for anything else.
    static func size(_ path: String) -> Int64? {
        guard let status = status(path), status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    /// Sees to it that a file and its name are there after a loss of power: of one that came lately its daemon may have ended
    /// before it did; older ones the system has written by itself.
    static func makeLast(_ name: [CChar], in directory: Int32) -> Bool {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
        if time(nil) - status.st_ctim.tv_sec > 3_600 { return true }
        let file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return false }
        defer { close(file) }
        return fsync(file) == 0 && fsync(directory) == 0
    }

    static var lastError: String { String(cString: strerror(errno)) }

    /// Bytes that may still be written below a path; nil where nobody can tell.
    static func free(at path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int64(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func failure(_ path: String, _ number: Int32) -> TransferFailure {
        let kind: TransferFailure.Kind = [ENOSPC, EDQUOT, EFBIG].contains(number) ? .diskFull : .localError
        // Of these there are too few for any file.
        let isOfSite = [EMFILE, ENFILE, ENOMEM].contains(number)
        return TransferFailure(kind, "\(path): \(String(cString: strerror(number)))", isOfSite: isOfSite)
    }
}

extension FileCalls {
    static func remove(_ path: String) { unlink(path) }

    /// - Returns: why there is none, if so
    static func makeEmpty(_ path: String) -> TransferFailure? {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return failure(path, errno) }
        close(descriptor)
        return nil
    }
}
