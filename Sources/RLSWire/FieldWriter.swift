import NIOCore
import RLSCore

/// Strings of the protocol, written at the end of a buffer.
extension ByteBuffer {
    package mutating func writeField(_ bytes: Span<UInt8>) {
        writeBytes(bytes.bytes)
        writeInteger(UInt8(0))
    }

    package mutating func writeField(_ bytes: ByteString) {
        writeBytes(bytes.bytes)
        writeInteger(UInt8(0))
    }

    package mutating func writeField(_ slice: ByteBuffer) {
        writeImmutableBuffer(slice)
        writeInteger(UInt8(0))
    }

    package mutating func writeField(_ number: Int) {
        if (0..<10).contains(number) {
            writeInteger(UInt16(0x30 + number) << 8)
        } else {
            writeString(String(number))
            writeInteger(UInt8(0))
        }
    }

    package mutating func writeEmptyField() { writeInteger(UInt8(0)) }

    package mutating func writeStatus(_ code: StatusCode) { writeField(code.rawValue) }

    /// The whole of a reply that is an error.
    package mutating func writeError(_ error: CatalogError) {
        writeStatus(error.code)
        writeField(error.subject)
    }

    /// Ends a list: with an empty string, or with the 4.x marker when a page stopped early.
    package mutating func writeListEnd(more: Bool) {
        if more { writeInteger(UInt8(1)) }
        writeEmptyField()
    }
}
