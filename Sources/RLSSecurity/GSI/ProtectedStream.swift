import NIOCore

/// Cuts what follows a wrapped handshake into records. Globus clients send them bare or in frames with a four-byte length.
struct ProtectedStream {
    private var frameRest = 0
    private var buffer = ByteBuffer()

    mutating func append(_ bytes: inout ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            // What is left is less than a record.
            buffer.discardReadBytes()
            buffer.writeBuffer(&bytes)
        }
    }

    /// Bytes of memory.
    var capacity: Int { buffer.capacity }

    /// nil until more arrives.
    /// - Throws: `badToken`
    mutating func next() throws(GSIError) -> ByteBuffer? {
        if frameRest == 0, buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) == 0 {
            guard let length = buffer.readInteger(as: UInt32.self) else { return nil }
            guard length > 0 else { throw GSIError(.badToken, "an empty frame") }
            frameRest = Int(length)
        }
        guard let record = try TLSRecord.read(from: &buffer) else { return nil }
        if frameRest > 0 {
            guard record.readableBytes <= frameRest else { throw GSIError(.badToken, "a record longer than its frame") }
            frameRest -= record.readableBytes
        }
        return record
    }
}
