import NIOCore
import RLSCore

/// Reads the NUL-ended strings of one request or reply in order.
package struct FieldReader {
    private var buffer: ByteBuffer

    package init(_ buffer: ByteBuffer) { self.buffer = buffer }

    package var isAtEnd: Bool { buffer.readableBytes == 0 }

    /// True before the empty string that ends a list, and where the strings end.
    package var isAtListEnd: Bool { buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) ?? 0 == 0 }

    /// The next string, still in the buffer it arrived in.
    package mutating func slice() throws(CatalogError) -> ByteBuffer {
        guard let length = buffer.distanceToNUL(from: 0), let field = buffer.readSlice(length: length) else {
            throw CatalogError(.badArgument, "missing string")
        }
        buffer.moveReaderIndex(forwardBy: 1)
        return field
    }

    /// The raw bytes behind the last string.
    package mutating func rest() -> ByteBuffer {
        let bytes = buffer.slice()
        buffer.moveReaderIndex(to: buffer.writerIndex)
        return bytes
    }

    package mutating func bytes() throws(CatalogError) -> ByteString {
        let field = try slice()
        return ByteString(field.readableBytesUInt8Span)
    }

    /// A name or target: not empty, not longer than names may be.
    package mutating func name() throws(CatalogError) -> ByteString {
        let field = try slice()
        try Self.check(field)
        return ByteString(field.readableBytesUInt8Span)
    }

    package mutating func nameSlice() throws(CatalogError) -> ByteBuffer {
        let field = try slice()
        try Self.check(field)
        return field
    }

    private static func check(_ field: ByteBuffer) throws(CatalogError) {
        if field.readableBytes == 0 { throw CatalogError(.badArgument) }
        if field.readableBytes > NameLimits.maximumLength {
            throw CatalogError(.badArgument, "name longer than \(NameLimits.maximumLength) bytes")
        }
    }

    /// Decimal text; anything else is a bad argument.
    package mutating func integer() throws(CatalogError) -> Int {
        let field = try slice()
        guard let number = Self.integer(field.readableBytesUInt8Span) else {
            throw CatalogError(.badArgument, ByteString(field.readableBytesUInt8Span))
        }
        return number
    }

    /// An offset or limit.
    package mutating func count() throws(CatalogError) -> Int {
        let number = try integer()
        if number < 0 { throw CatalogError(.badArgument, "\(number)") }
        return number
    }

    package static func integer(_ digits: Span<UInt8>) -> Int? {
        guard digits.count > 0, digits.count <= 20 else { return nil }
        let isNegative = digits[0] == UInt8(ascii: "-")
        if isNegative && digits.count == 1 { return nil }
        var number = 0
        for index in (isNegative ? 1 : 0)..<digits.count {
            let digit = digits[index] &- 0x30
            guard digit < 10 else { return nil }
            let (shifted, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = shifted.subtractingReportingOverflow(Int(digit))
            if isTooLarge || overflows { return nil }
            number = sum
        }
        // Built below zero, where there is one value more.
        if isNegative { return number }
        return number == Int.min ? nil : -number
    }
}
