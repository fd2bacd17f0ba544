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
