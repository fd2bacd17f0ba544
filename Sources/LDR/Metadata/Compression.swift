import CZlib

/// Compresses a stream, as gzip does.
final class GzipWriter {
    private let stream: UnsafeMutablePointer<z_stream>
    private(set) var output: [UInt8] = []
    private var chunk = [UInt8](repeating: 0, count: 65_536)

    init(level: Int32 = 5) throws(MetadataError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        if rls_deflate_init_gzip(stream, level) != Z_OK {
            stream.deallocate()
            throw MetadataError(.unavailable, "no memory to compress with")
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { input in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            while stream.pointee.avail_in > 0 { _ = step(Z_NO_FLUSH) }
        }
    }

    func finish() {
        stream.pointee.avail_in = 0
        while step(Z_FINISH) != Z_STREAM_END {}
    }

    private func step(_ flush: Int32) -> Int32 {
        let (code, made) = chunk.withUnsafeMutableBufferPointer { buffer in
            stream.pointee.next_out = buffer.baseAddress
            stream.pointee.avail_out = UInt32(buffer.count)
            let code = deflate(stream, flush)
            return (code, buffer.count - Int(stream.pointee.avail_out))
        }
        output.append(contentsOf: chunk[..<made])
        return code
    }
}

/// Takes a gzip file of unknown origin apart, a piece at a time: memory does not grow with what it pretends to hold.
final class GzipReader {
    private let stream: UnsafeMutablePointer<z_stream>
    private let input: [UInt8]
    private let limit: Int
    private var chunk = [UInt8](repeating: 0, count: 65_536)
    private var taken = 0
    private var produced = 0
    private(set) var isAtEnd = false

    /// - Parameter limit: bytes of output beyond which the file is refused
    init(_ input: [UInt8], limit: Int) throws(MetadataError) {
        self.input = input
        self.limit = limit
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        if rls_inflate_init_gzip(stream) != Z_OK {
            stream.deallocate()
            throw MetadataError(.unavailable, "no memory to decompress with")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Adds a piece to `buffer`; none at the end.
    func read(into buffer: inout [UInt8]) throws(MetadataError) {
        if isAtEnd { return }
        let (code, made) = step()
        produced += made
        guard produced <= limit else {
            throw .damaged("holds more than \(limit) bytes, which is more than it can need")
        }
        buffer.append(contentsOf: chunk[..<made])
        switch code {
        case Z_STREAM_END:
            guard taken == input.count else { throw .damaged("bytes after the end of the compressed data") }
            isAtEnd = true
        case Z_OK where made > 0 || taken < input.count: break
        case Z_BUF_ERROR where made > 0: break
        case Z_OK, Z_BUF_ERROR: throw .damaged("the compressed data ends too early")
        default: throw .damaged("the compressed data is damaged")
        }
    }

    private func step() -> (code: Int32, made: Int) {
        input.withUnsafeBufferPointer { source in
            chunk.withUnsafeMutableBufferPointer { buffer in
                let rest = min(source.count - taken, 1 << 30)
                stream.pointee.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0 + taken) }
                stream.pointee.avail_in = UInt32(rest)
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(buffer.count)
                let code = inflate(stream, Z_NO_FLUSH)
                taken += rest - Int(stream.pointee.avail_in)
                return (code, buffer.count - Int(stream.pointee.avail_out))
            }
        }
    }
}
