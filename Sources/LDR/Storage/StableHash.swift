import COpenSSL

/// SHA-256, for names: where files lie is decided by it, so it stays what it is for ever.
enum StableHash {
    /// 32 bytes; nil when OpenSSL refuses to compute it.
    static func sha256(_ bytes: [UInt8]) -> [UInt8]? {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil) == 1, length == 32 else { return nil }
        return digest
    }

    /// Lower-case digits, as sha256sum prints them.
    static func hexadecimal(_ bytes: [UInt8], digits: Int) -> [UInt8]? {
        sha256(bytes).map { digest in
            Array(digest.flatMap { Hexadecimal.digits($0).map { $0 | 0x20 } }.prefix(digits))
        }
    }
}
