#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A configuration file of bounded size, read whole.
enum FileText {
    struct Failure: Error {
        let path: String
        let isMissing: Bool
        let cause: String
    }

    struct Content {
        let text: String
        /// Permission bits.
        let mode: UInt32
        let owner: UInt32
    }

    static func read(_ path: String, limit: Int) throws(Failure) -> Content {
        // Not to wait for a writer, should it be a pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw Failure(path: path, isMissing: errno == ENOENT, cause: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(path: path, isMissing: false, cause: "is no plain file")
        }
        guard status.st_size <= limit else {
            throw Failure(path: path, isMissing: false, cause: "has more than \(limit) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let step = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + count, $0.count - count, count)
            }
            guard step > 0 else { throw Failure(path: path, isMissing: false, cause: "cannot be read") }
            count += step
        }
        return Content(text: String(decoding: bytes, as: UTF8.self), mode: status.st_mode & 0o777, owner: status.st_uid)
    }
}
