import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension ByteBuffer {
    /// Distance from the reader index to the first NUL at or after `offset`; nil when there is none yet.
    package func distanceToNUL(from offset: Int) -> Int? {
        withUnsafeReadableBytes { bytes in
            guard offset < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + offset, 0, bytes.count - offset)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
