import NIOCore

/// The units of TLS. Only whole ones reach the library: it trusts the lengths in them, and bytes of another kind lead it
/// to code that waits for itself.
enum TLSRecord {
    private static let headerLength = 5
    /// With what encryption may add.
    private static let longest = (1 << 14) + 2_048
    /// Change of cipher, alert, handshake, data.
    static let types: ClosedRange<UInt8> = 20...23

    /// nil: it is not complete yet.
    /// - Throws: `badToken`, as early as the bytes tell
    static func read(from buffer: inout ByteBuffer) throws(GSIError) -> ByteBuffer? {
        guard let type = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return nil }
        guard types.contains(type) else { throw GSIError(.badToken, "what came is no TLS record") }
        guard let version = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt8.self),
            let length = buffer.getInteger(at: buffer.readerIndex + 3, as: UInt16.self)
        else { return nil }
        guard version == 3, (1...longest).contains(Int(length)) else {
            throw GSIError(.badToken, "what came is no TLS record")
        }
        return buffer.readSlice(length: headerLength + Int(length))
    }
}

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
