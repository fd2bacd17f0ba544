/// A name or value as the protocol carries it: any bytes but NUL, compared bytewise, never interpreted as text.
public struct ByteString: Hashable, Sendable {
    public let bytes: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public init(_ text: String) { bytes = Array(text.utf8) }

    public init(_ span: Span<UInt8>) {
        // An empty array is shared by the whole process: initialising it would write to it.
        if span.count == 0 {
            bytes = []
            return
        }
        bytes = [UInt8](unsafeUninitializedCapacity: span.count) { buffer, count in
            span.withUnsafeBufferPointer { source in
                _ = buffer.initialize(fromContentsOf: source)
            }
            count = span.count
        }
    }

    /// All bytes at once; an array feeds the hasher one by one.
    public func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        // As ["ab", "c"] is not ["a", "bc"].
        hasher.combine(bytes.count)
    }

    public static let empty = ByteString([UInt8]())
    public var isEmpty: Bool { bytes.isEmpty }
    public var count: Int { bytes.count }
}

extension ByteString: Comparable {
    public static func < (left: ByteString, right: ByteString) -> Bool {
        left.bytes.span.isOrderedBefore(right.bytes.span)
    }
}

extension ByteString: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self.init(value) }
}

extension ByteString: CustomStringConvertible {
    /// For people and logs: bytes that are not UTF-8 show as U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension ByteString {
    public static func + (left: ByteString, right: ByteString) -> ByteString { ByteString(left.bytes + right.bytes) }
}

extension ByteString {
    /// Texts without blanks, as one text with blanks between them.
    package init(words: [ByteString]) { self.init(Array(words.map(\.bytes).joined(separator: [UInt8(ascii: " ")]))) }

    package var words: [ByteString] { bytes.split(separator: UInt8(ascii: " ")).map { ByteString(Array($0)) } }
}

extension Span<UInt8> {
    /// Bytewise order, as memcmp gives it; a prefix comes first.
    public func isOrderedBefore(_ other: Span<UInt8>) -> Bool {
        let common = Swift.min(count, other.count)
        for index in 0..<common where self[index] != other[index] { return self[index] < other[index] }
        return count < other.count
    }

    public func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }
}
