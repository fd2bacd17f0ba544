import NIOCore

/// Cuts handshake tokens out of what arrives. A token is given out only when it consists of whole TLS records: the library
/// trusts the lengths in them.
package struct TokenReader {
    private static let frameHeader = 4
    /// The longest chains with attributes are some ten thousand bytes.
    private static let tokenLimit = 1 << 16
    /// Of the whole handshake.
    private static let totalLimit = 1 << 18

    package let kind: ChannelKind
    private var total = 0

    package init(_ kind: ChannelKind) { self.kind = kind }

    /// nil: there is none yet. Leaves what is behind the token.
    /// - Throws: `badToken`
    package mutating func next(in buffer: inout ByteBuffer) throws(GSIError) -> ByteBuffer? {
        let token = kind == .wrapped ? try frame(in: &buffer) : try TLSRecord.read(from: &buffer)
        if let token {
            total += token.readableBytes
            if total > Self.totalLimit { throw GSIError(.badToken, "the handshake does not end") }
        }
        return token
    }

    private func frame(in buffer: inout ByteBuffer) throws(GSIError) -> ByteBuffer? {
        // Decided by the first byte: a peer that does not speak GSI may send no more.
        if let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self), first != 0 {
            throw GSIError(.badToken, "what came is no GSI token")
        }
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
        guard (1...Self.tokenLimit).contains(Int(length)) else {
            throw GSIError(.badToken, "a handshake token of \(length) bytes")
        }
        guard buffer.readableBytes >= Self.frameHeader + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: Self.frameHeader)
        guard let token = buffer.readSlice(length: Int(length)) else { return nil }
        var rest = token
        while rest.readableBytes > 0 {
            guard try TLSRecord.read(from: &rest) != nil else {
                throw GSIError(.badToken, "a handshake token that breaks off")
            }
        }
        return token
    }
}
