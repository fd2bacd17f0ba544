import CLinux
import Glibc
import RLSCore

/// One file on its way to its name.
struct LandingFile: Sendable {
    let request: TransferRequest
    let place: LandingPlace
    let permissions: mode_t
    /// The checksums that are computed.
    let kinds: Set<ChecksumKind>

    /// The temporary one.
    var path: String { request.destination }
    private var expected: FileRecord { request.expected }

    /// Compares size and checksum; one that differs is removed.
    ///
    /// - Parameter growing: what was read of it while it came
    func verify(_ growing: GrowingFile?, _ isCancelled: () -> Bool) throws(TransferFailure) -> Checksums {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw TransferFailure(.other, "\(path): the transfer ended without a file") }
            throw FileCalls.failure(path, errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw TransferFailure(.other, "\(path): the transfer ended without a regular file")
        }
        guard Int64(status.st_size) == expected.size else {
            unlink(path)
            throw TransferFailure(.sizeDiffers, "\(request.source): sent \(status.st_size) bytes, not \(expected.size)")
        }
        let checksums = try verifiedChecksums(descriptor, growing, isCancelled)
        guard fchmod(descriptor, permissions) == 0 else { throw FileCalls.failure(path, errno) }
        return checksums
    }

    /// - Returns: nil where they are not those that are expected: a program may have written in another order
    private func checksums(
        of growing: GrowingFile, _ descriptor: Int32, _ isCancelled: () -> Bool
    ) throws(TransferFailure) -> Checksums? {
        guard growing.kinds == kinds else { return nil }
        let found = try failing { () throws(DigestError) in try growing.finish(descriptor, isCancelled) }
        guard let found, found.size == expected.size, found.checksums.firstDifference(from: expected.checksums) == nil
        else { return nil }
        return found.checksums
    }

    private func verifiedChecksums(
        _ descriptor: Int32, _ growing: GrowingFile?, _ isCancelled: () -> Bool
    ) throws(TransferFailure) -> Checksums {
        if let growing, let found = try checksums(of: growing, descriptor, isCancelled) { return found }
        let blocks = { () throws(DigestError) in try FileBlocks(descriptor: descriptor, path: path, closes: false) }
        let found = try digest(blocks, kinds, isCancelled).checksums
        guard let kind = found.firstDifference(from: expected.checksums) else { return found }
        unlink(path)
        let texts = [found, expected.checksums].map { $0[kind].map(Hexadecimal.lowercase) ?? "" }
        throw TransferFailure(
            .checksumDiffers, "\(request.source): its \(kind.rawValue) is \(texts[0]), not \(texts[1])")
    }

    private func digest(
        _ open: () throws(DigestError) -> FileBlocks, _ kinds: Set<ChecksumKind>, _ isCancelled: () -> Bool
    ) throws(TransferFailure) -> (size: Int64, checksums: Checksums) {
        try failing { () throws(DigestError) in
            try ContentDigest.of(try open(), path: path, kinds: kinds, isCancelled: isCancelled)
        }
    }

    private func failing<Value>(_ body: () throws(DigestError) -> Value) throws(TransferFailure) -> Value {
        do throws(DigestError) { return try body() } catch {
            throw TransferFailure(error.reason == .cancelled ? .interrupted : .localError, error.description)
        }
    }

    // MARK: The name

    /// Replaces no file.
    ///
    /// - Parameter directory: of the place
    /// - Returns: false if something has the name
    func rename(into directory: Int32) throws(TransferFailure) -> Bool {
        if renameat2(AT_FDCWD, path, directory, place.last, rls_rename_noreplace) == 0 { return true }
        // File systems that cannot, as NFS, have second names, or neither.
        if [EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) { return try link(into: directory) }
        if errno == EEXIST { return false }
        throw failure(errno)
    }

    private func link(into directory: Int32) throws(TransferFailure) -> Bool {
        if linkat(AT_FDCWD, path, directory, place.last, 0) == 0 {
            unlink(path)
            return true
        }
        // Here only another writer beside this one could come between.
        if [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(errno) {
            var status = stat()
            if fstatat(directory, place.last, &status, AT_SYMLINK_NOFOLLOW) == 0 { return false }
            if renameat(AT_FDCWD, path, directory, place.last) == 0 { return true }
        }
        if errno == EEXIST { return false }
        throw failure(errno)
    }

    private func failure(_ number: Int32) -> TransferFailure {
        guard number == EXDEV else { return FileCalls.failure(place.description, number) }
        return TransferFailure(
            .localError, "\(place): \(IncomingDirectory.name) must be on the file system of the partition")
    }

    // MARK: What has the name already

    /// Whether it is the same file; then it is made to last, and the temporary one goes.
    func isThere(as checksums: Checksums, _ isCancelled: () -> Bool) throws(TransferFailure) -> Bool {
        let directory = try place.openDirectory(searchableBy: permissions)
        defer { close(directory) }
        let existing = openat(directory, place.last, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard existing >= 0 else {
            throw TransferFailure(.localError, "\(place): something there cannot be read: \(FileCalls.lastError)")
        }
        defer { close(existing) }
        guard try isSame(existing, as: checksums, isCancelled) else { return false }
        // An earlier attempt may have ended before it was.
        guard fsync(existing) == 0, fsync(directory) == 0 else { throw FileCalls.failure(place.description, errno) }
        unlink(path)
        return true
    }

    private func isSame(
        _ existing: Int32, as checksums: Checksums, _ isCancelled: () -> Bool
    ) throws(TransferFailure) -> Bool {
        var status = stat()
        guard fstat(existing, &status) == 0, Int64(status.st_size) == expected.size else { return false }
        // Where no checksum is known, any difference counts.
        let all = kinds.isEmpty ? [.sha256] : kinds
        let blocks = { () throws(DigestError) in
            try FileBlocks(descriptor: existing, path: place.description, closes: false)
        }
        let found = try digest(blocks, all, isCancelled)
        let own =
            kinds.isEmpty
            ? try digest({ () throws(DigestError) in try FileBlocks(path: path) }, all, isCancelled).checksums
            : checksums
        return found.size == expected.size && found.checksums == own
    }
}

/// A file whose content is what it should be.
struct VerifiedFile: Sendable {
    let file: LandingFile
    let checksums: Checksums
}
