/// How handshake tokens, and what follows them, lie on the wire.
package enum ChannelKind: Sendable {
    /// Every token has a four-byte length in front, and everything after the handshake is encrypted.
    case wrapped
    /// Tokens are bare TLS records, and what follows the handshake is clear text.
    case clear

    /// The first byte tells: a length below 16 MiB, or a TLS handshake record.
    init?(firstByte: UInt8) {
        switch firstByte {
        case 0x00: self = .wrapped
        case 0x16: self = .clear
        default: return nil
        }
    }
}
