import Glibc
import RLSCore

/// Gives complete files their names.
///
/// A file stands under its name only after its size and checksum were verified and its content is safe from a loss of
/// power.
package struct Landing: Sendable {
    let threads: FileThreads
    let permissions: mode_t

    /// - Parameters:
    ///   - threads: as many files are verified at a time
    ///   - permissions: of files; directories that are made may be searched by those who may read files
    package init(threads: FileThreads = FileThreads(2), permissions: UInt32 = 0o644) {
        self.threads = threads
        self.permissions = permissions & 0o666
    }

    package struct Landed: Sendable, Equatable {
        /// Those that were computed: at least the strongest that the record has.
        package let checksums: Checksums
        /// A file with this content had the name already.
        package let wasThere: Bool
    }

    /// Verifies a request's temporary file and moves it to its place.
    ///
    /// - Parameters:
    ///   - root: absolute path of the partition
    ///   - name: path below it; no component may be empty, `.` or `..`, and none may be a symbolic link
    ///   - computing: checksums to be computed even where the record does not have them
    /// - Throws: `sizeDiffers` and `checksumDiffers`, after which the temporary file is gone. After `localError`, as
    ///   when another file has the name, and after `interrupted` it remains, and can be landed later without being
    ///   fetched again.
    package func land(
        _ request: TransferRequest, root: String, name: ByteString, computing: Set<ChecksumKind> = []
    ) async throws(TransferFailure) -> Landed {
        let result = await threads.run { [permissions] isCancelled in
            Result { () throws(TransferFailure) in
                let arrival = Arrival(
                    request: request, place: try LandingPlace(root: root, name: name), permissions: permissions)
                return try arrival.land(computing: computing, isCancelled)
            }
        }
        guard let result else { throw TransferFailure(.interrupted, "stopped before it was verified") }
        return try result.get()
    }
}

/// One file on its way to its name.
private struct Arrival {
    let request: TransferRequest
    let place: LandingPlace
    let permissions: mode_t

    private var path: String { request.destination }
    private var expected: FileRecord { request.expected }

    func land(
        computing: Set<ChecksumKind>, _ isCancelled: () -> Bool
    ) throws(TransferFailure) -> Landing.Landed {
        let kinds = computing.union([expected.checksums.strongest].compactMap(\.self))
        let checksums = try verified(kinds, isCancelled)
        try makeDurable()
        let directory = try place.openDirectory(searchableBy: permissions)
        defer { close(directory) }
        let wasThere = try !rename(into: directory)
        if wasThere {
            try compare(in: directory, kinds, checksums, isCancelled)
            unlink(path)
        }
        guard fsync(directory) == 0 else { throw FileCalls.failure(place.description, errno) }
        return Landing.Landed(checksums: checksums, wasThere: wasThere)
    }

    private func verified(
        _ kinds: Set<ChecksumKind>, _ isCancelled: () -> Bool
    ) throws(TransferFailure) -> Checksums {
        guard let size = FileCalls.size(path) else {
            throw TransferFailure(.other, "\(path): the transfer ended without a file")
        }
        guard size == expected.size else {
            unlink(path)
            throw TransferFailure(.sizeDiffers, "\(request.source): sent \(size) bytes, not \(expected.size)")
        }
        let found = try digest({ () throws(DigestError) in try FileBlocks(path: path) }, kinds, isCancelled)
        guard let kind = found.checksums.firstDifference(from: expected.checksums) else { return found.checksums }
        unlink(path)
        let texts = [found.checksums, expected.checksums].map { $0[kind].map(Hexadecimal.lowercase) ?? "" }
        throw TransferFailure(
            .checksumDiffers, "\(request.source): its \(kind.rawValue) is \(texts[0]), not \(texts[1])")
    }

    private func digest(
        _ open: () throws(DigestError) -> FileBlocks, _ kinds: Set<ChecksumKind>, _ isCancelled: () -> Bool
    ) throws(TransferFailure) -> (size: Int64, checksums: Checksums) {
        do throws(DigestError) {
            return try ContentDigest.of(try open(), path: path, kinds: kinds, isCancelled: isCancelled)
        } catch {
            throw TransferFailure(error.reason == .cancelled ? .interrupted : .localError, error.description)
        }
    }

    private func makeDurable() throws(TransferFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileCalls.failure(path, errno) }
        defer { close(descriptor) }
        guard fchmod(descriptor, permissions) == 0, fsync(descriptor) == 0 else {
            throw FileCalls.failure(path, errno)
        }
    }

    /// A second name, given before the first is taken, replaces no file; moving one would.
    ///
    /// - Returns: false if something has the name
    private func rename(into directory: Int32) throws(TransferFailure) -> Bool {
        if linkat(AT_FDCWD, path, directory, place.last, 0) == 0 {
            unlink(path)
            return true
        }
        // A file system without second names; here only another writer beside this one could come between.
        if [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(errno) {
            var status = stat()
            if fstatat(directory, place.last, &status, AT_SYMLINK_NOFOLLOW) == 0 { return false }
            if renameat(AT_FDCWD, path, directory, place.last) == 0 { return true }
        }
        if errno == EEXIST { return false }
        guard errno == EXDEV else { throw FileCalls.failure(place.description, errno) }
        throw TransferFailure(
            .localError, "\(place): \(IncomingDirectory.name) must be on the file system of the partition")
    }

    private func compare(
        in directory: Int32, _ kinds: Set<ChecksumKind>, _ checksums: Checksums, _ isCancelled: () -> Bool
    ) throws(TransferFailure) {
        let existing = openat(directory, place.last, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard existing >= 0 else {
            throw TransferFailure(.localError, "\(place): something there cannot be read: \(FileCalls.lastError)")
        }
        // Where no checksum is known, any difference counts.
        let all = kinds.isEmpty ? [.sha256] : kinds
        let own =
            kinds.isEmpty
            ? try digest({ () throws(DigestError) in try FileBlocks(path: path) }, all, isCancelled).checksums
            : checksums
        let found = try digest(
            { () throws(DigestError) in try FileBlocks(descriptor: existing, path: place.description) }, all,
            isCancelled)
        guard found.size == expected.size, found.checksums == own else {
            throw TransferFailure(
                .localError, "\(place): another file with other content has this name: verify it, or move it away")
        }
    }
}
