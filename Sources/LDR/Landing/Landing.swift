import Glibc
import RLSCore

/// Gives complete files their names.
///
/// A file stands under its name only after its size and checksum were verified and its content is safe from a loss of
/// power.
package struct Landing: Sendable {
    let threads: FileThreads
    let permissions: mode_t
    private let groups = LandingGroups()
    private let growing: GrowingFiles

    /// - Parameters:
    ///   - threads: as many files are verified at a time
    ///   - growing: reads large files while they come
    ///   - permissions: of files; directories that are made may be searched by those who may read files
    package init(
        threads: FileThreads = FileThreads(2), permissions: UInt32 = 0o644, growing: GrowingFiles = GrowingFiles()
    ) {
        self.growing = growing
        self.threads = threads
        self.permissions = permissions & 0o666
    }

    /// Reads a large file while it comes, from its beginning on. Told again, it begins again.
    func follow(_ request: TransferRequest) { growing.follow(request) }

    /// Of one that does not come.
    func forget(_ request: TransferRequest) { _ = growing.take(request) }

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
    ///   - aside: moves a file with other content that has the name out of the way, and says what went wrong if so;
    ///     without it, such a file stays. Called when the new one is verified and safe.
    /// - Throws: `sizeDiffers` and `checksumDiffers`, after which the temporary file is gone. After `localError`, after
    ///   `occupied`, when another file has the name, and after `interrupted` it remains, and can be landed later
    ///   without being fetched again.
    package func land(
        _ request: TransferRequest, root: String, name: ByteString, computing: Set<ChecksumKind> = [],
        movingAside aside: (@Sendable () -> String?)? = nil
    ) async throws(TransferFailure) -> Landed {
        let growing = growing.take(request)
        let verified = try await onThread { [permissions] isCancelled throws(TransferFailure) in
            let file = LandingFile(
                request: request, place: try LandingPlace(root: root, name: name), permissions: permissions,
                kinds: computing.union([request.expected.checksums.strongest].compactMap(\.self)))
            return VerifiedFile(file: file, checksums: try file.verify(growing, isCancelled))
        }
        if try await groups.name(verified).get() { return Landed(checksums: verified.checksums, wasThere: false) }
        let isThere = try await onThread { isCancelled throws(TransferFailure) in
            if try verified.file.isThere(as: verified.checksums, isCancelled) { return true }
            if let problem = aside?() { throw TransferFailure(.localError, problem) }
            return false
        }
        if isThere { return Landed(checksums: verified.checksums, wasThere: true) }
        // A daemon killed before this leaves the name free: then the file takes it the next time.
        guard aside != nil, try await groups.name(verified).get() else {
            throw TransferFailure(
                .occupied,
                "\(verified.file.place): another file with other content has this name: verify it, or move it away")
        }
        return Landed(checksums: verified.checksums, wasThere: false)
    }

    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable (_ isCancelled: () -> Bool) throws(TransferFailure) -> Value
    ) async throws(TransferFailure) -> Value {
        let result = await threads.run { isCancelled in
            Result { () throws(TransferFailure) in try body(isCancelled) }
        }
        guard let result else { throw TransferFailure(.interrupted, "stopped before it had its name") }
        return try result.get()
    }
}
