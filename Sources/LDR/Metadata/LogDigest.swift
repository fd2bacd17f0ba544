import COpenSSL

/// SHA-256 of bytes that are in memory.
enum LogDigest {
    static func sha256(_ bytes: [UInt8]) throws(MetadataError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let code = bytes.withUnsafeBytes { EVP_Digest($0.baseAddress, $0.count, &digest, nil, EVP_sha256(), nil) }
        guard code == 1 else { throw MetadataError(.unavailable, "OpenSSL has no SHA-256") }
        return digest
    }

    static func hex(_ bytes: [UInt8]) throws(MetadataError) -> String {
        try sha256(bytes).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }
}
