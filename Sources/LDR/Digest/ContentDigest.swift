import COpenSSL
import CZlib

/// A file could not be digested.
package struct DigestError: Error, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        case missing, notRegular, unreadable, cancelled
    }

    package let reason: Reason
    package let description: String
}

/// Computes several checksums of the same bytes at once.
///
/// `@unchecked Sendable`: nothing else has OpenSSL's contexts, and a value that cannot be copied is in one place at a time.
package struct ContentDigest: ~Copyable, @unchecked Sendable {
    private let kinds: Set<ChecksumKind>
    private var adler = CZlib.adler32(0, nil, 0)
    private let md5: MessageDigest?
    private let sha256: MessageDigest?

    package init(_ kinds: Set<ChecksumKind>) throws(DigestError) {
        let md5 = kinds.contains(.md5) ? try MessageDigest(.md5) : nil
        let sha256 = kinds.contains(.sha256) ? try MessageDigest(.sha256) : nil
        self.kinds = kinds
        self.md5 = md5
        self.sha256 = sha256
    }

    package mutating func update(_ bytes: Span<UInt8>) {
        if kinds.contains(.adler32) {
            adler = bytes.withUnsafeBufferPointer { adler32_z(adler, $0.baseAddress, $0.count) }
        }
        md5?.update(bytes)
        sha256?.update(bytes)
    }

    package consuming func finish() -> Checksums {
        Checksums(
            adler32: kinds.contains(.adler32) ? UInt32(truncatingIfNeeded: adler) : nil, md5: md5?.finish(),
            sha256: sha256?.finish())
    }
}

/// One of OpenSSL's digests in progress.
private final class MessageDigest {
    private let context: OpaquePointer
    private let count: Int

    init(_ kind: ChecksumKind) throws(DigestError) {
        count = kind.count
        guard let context = EVP_MD_CTX_new() else { throw Self.unavailable(kind) }
        self.context = context
        guard EVP_DigestInit_ex(context, kind == .md5 ? EVP_md5() : EVP_sha256(), nil) == 1 else {
            throw Self.unavailable(kind)
        }
    }

    deinit { EVP_MD_CTX_free(context) }

    private static func unavailable(_ kind: ChecksumKind) -> DigestError {
        DigestError(
            reason: .unreadable,
            description: "OpenSSL computes no \(kind.rawValue) here: a policy (FIPS) of this machine may forbid it")
    }

    func update(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, initialized in
            _ = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            initialized = count
        }
    }
}

extension ContentDigest {
    static let blockSize = 1 << 20

    /// Reads a file once, in blocks of 1 MiB.
    ///
    /// - Parameter isCancelled: asked between blocks; a thread that belongs to no task has to say for itself
    /// - Throws: when it is missing, no regular file, a symbolic link, unreadable, or when it was cancelled
    package static func of(
        path: String, kinds: Set<ChecksumKind>, isCancelled: () -> Bool = { Task.isCancelled }
    ) throws(DigestError) -> (size: Int64, checksums: Checksums) {
        try of(try FileBlocks(path: path), path: path, kinds: kinds, isCancelled: isCancelled)
    }

    static func of(
        _ blocks: consuming FileBlocks, path: String, kinds: Set<ChecksumKind>, isCancelled: () -> Bool
    ) throws(DigestError) -> (size: Int64, checksums: Checksums) {
        try DigestedPart(blocks, path: path, kinds: kinds).finish(isCancelled)
    }
}
