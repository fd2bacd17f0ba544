import NIOCore
import RLSCore

/// One complete request: the method's index and its arguments, still in the buffer they arrived in.
package struct RequestFrame: Sendable {
    package let method: Int
    package let arguments: ByteBuffer
    /// A part of a long request: more follows, and only the last part is answered.
    package var hasMore = false
}

/// Cuts the byte stream into requests. Never looks at a byte twice, so a peer that drips costs no more than one that does not.
package struct RequestScanner: Sendable {
    private enum Stage {
        case method
        case fields(remaining: Int)
        case list(width: Int, position: Int, items: Int)
        case blob(length: Int)
    }

    private let names: MethodNames
    private let shapes: [ArgumentShape]
    package var limits: FrameLimits
    /// Method that the 4.x client follows with two strings `0` that belong to nothing.
    private let methodWithStrayZeros: Int?

    private var buffer = ByteBuffer()
    private var stage = Stage.method
    private var method = 0
    /// Offsets from the buffer's reader index.
    private var searched = 0
    private var fieldStart = 0
    private var argumentsStart = 0
    private var listStart = 0
    private var strayZeros = 0
    private var blobLength = 0
    /// The strings before the list of a request that is given out in parts.
    private var streamHeader: ByteBuffer?

    package init(methods: [(name: ByteString, shape: ArgumentShape)], limits: FrameLimits = FrameLimits()) {
        names = MethodNames(methods.map(\.name))
        shapes = methods.map(\.shape)
        self.limits = limits
        methodWithStrayZeros = methods.firstIndex { $0.name == "lrc_attr_get" }
    }

    /// Bytes taken in and not yet given out as requests.
    package var bufferedBytes: Int { buffer.readableBytes }
    /// True in the middle of a request.
    package var isWaitingForMore: Bool { buffer.readableBytes > 0 || streamHeader != nil }

    /// In the middle of raw bytes, or of a list that comes in parts.
    package var isTakingUpdate: Bool {
        if case .blob = stage { return true }
        return streamHeader != nil
    }

    /// Bytes of memory.
    package var capacity: Int { buffer.capacity }

    package mutating func append(_ bytes: inout ByteBuffer) {
        if buffer.readableBytes == 0 && streamHeader == nil {
            buffer = bytes
            resetOffsets()
        } else {
            // Seldom enough to cost nothing, often enough that a connection which never falls silent keeps little.
            if buffer.readerIndex > Self.mostRead && buffer.readerIndex >= buffer.readableBytes {
                buffer.discardReadBytes()
            }
            buffer.writeBuffer(&bytes)
        }
    }

    private static let mostRead = 65_536

    /// The next complete request, or nil until more bytes arrive.
    package mutating func next() throws(FrameError) -> RequestFrame? {
        while true {
            if case .blob(let length) = stage { return takeBlob(length) }
            guard let end = buffer.distanceToNUL(from: searched) else { break }
            searched = end + 1
            let length = end - fieldStart
            if length > limits.fieldLength { throw .fieldTooLong(limit: limits.fieldLength) }
            if searched > limits.requestLength { throw .requestTooLong(limit: limits.requestLength) }
            if let frame = try takeField(length: length) { return frame }
            fieldStart = searched
        }
        searched = buffer.readableBytes
        if searched - fieldStart > limits.fieldLength { throw .fieldTooLong(limit: limits.fieldLength) }
        if searched > limits.requestLength { throw .requestTooLong(limit: limits.requestLength) }
        return nil
    }

    private mutating func takeField(length: Int) throws(FrameError) -> RequestFrame? {
        switch stage {
        case .method:
            return try takeMethod(length: length)
        case .fields(let remaining):
            return try takeHeader(length: length, remaining: remaining)
        case .list(let width, let position, let items):
            if position == 0 {
                if length == 0 { return finish() }
                if items == limits.listItems && width > 0 { throw .tooManyItems(limit: limits.listItems) }
            }
            // A stream has the width 0: its items are single strings and are not counted against the limit.
            let next = position + 1
            let isWhole = next >= width
            stage = .list(width: width, position: isWhole ? 0 : next, items: isWhole ? items + 1 : items)
            return width == 0 ? streamPart(items: items + 1) : nil
        case .blob:
            return nil
        }
    }

    private mutating func takeMethod(length: Int) throws(FrameError) -> RequestFrame? {
        // A slice shares the storage; the span over it does not stand in the way of changes to this value.
        let slice = buffer.getSlice(at: buffer.readerIndex + fieldStart, length: length) ?? ByteBuffer()
        let name = slice.readableBytesUInt8Span
        if length == 0 || (strayZeros > 0 && length == 1 && name[0] == UInt8(ascii: "0")) {
            if length == 1 { strayZeros -= 1 }
            discardScanned()
            return nil
        }
        strayZeros = 0
        guard let index = names.index(of: name) else { throw .unknownMethod(ByteString(name)) }
        method = index
        argumentsStart = searched
        listStart = searched
        switch shapes[index] {
        case .fields(0): return finish()
        case .fields(let count): stage = .fields(remaining: count)
        case .list(0, let width): stage = .list(width: width, position: 0, items: 0)
        case .list(let header, _), .stream(let header), .blob(let header, _): stage = .fields(remaining: header)
        }
        return nil
    }

    private mutating func takeHeader(length: Int, remaining: Int) throws(FrameError) -> RequestFrame? {
        stage = .fields(remaining: remaining - 1)
        switch shapes[method] {
        case .fields: return remaining > 1 ? nil : finish()
        case .list(_, let width):
            if remaining == 1 { stage = .list(width: width, position: 0, items: 0) }
        case .stream:
            if remaining == 1 { stage = .list(width: 0, position: 0, items: 0) }
        case .blob(let header, let size):
            if header - remaining == size.field { blobLength = try blobLength(size, digits: length) }
            if remaining == 1 { stage = .blob(length: blobLength) }
        }
        listStart = searched
        return nil
    }

    // MARK: Raw bytes

    private func blobLength(_ size: BlobSize, digits: Int) throws(FrameError) -> Int {
        let slice = buffer.getSlice(at: buffer.readerIndex + fieldStart, length: digits) ?? ByteBuffer()
        guard let number = FieldReader.integer(slice.readableBytesUInt8Span), number >= 0 else {
            throw .noLength(ByteString(slice.readableBytesUInt8Span))
        }
        let count = size.count(number)
        if count > limits.blobLength { throw .requestTooLong(limit: limits.blobLength) }
        return count
    }

    private mutating func takeBlob(_ length: Int) -> RequestFrame? {
        guard buffer.readableBytes - searched >= length else { return nil }
        searched += length
        return finish()
    }

    // MARK: Parts of a long list

    private static let partItems = 10_000
    private static let partBytes = 1 << 20

    private mutating func streamPart(items: Int) -> RequestFrame? {
        guard items >= Self.partItems || searched - listStart >= Self.partBytes else { return nil }
        let header = streamHeader ?? slice(from: argumentsStart, to: listStart)
        let frame = RequestFrame(method: method, arguments: listArguments(header), hasMore: true)
        buffer.moveReaderIndex(forwardBy: searched)
        resetOffsets()
        streamHeader = ByteBuffer(bytes: header.readableBytesView)
        stage = .list(width: 0, position: 0, items: 0)
        return frame
    }

    private func listArguments(_ header: ByteBuffer) -> ByteBuffer {
        var arguments = ByteBuffer()
        arguments.reserveCapacity(header.readableBytes + searched - listStart + 1)
        arguments.writeImmutableBuffer(header)
        arguments.writeImmutableBuffer(slice(from: listStart, to: searched))
        arguments.writeEmptyField()
        return arguments
    }

    // MARK: Ends

    /// Within what was scanned, so it cannot be missing.
    private func slice(from start: Int, to end: Int) -> ByteBuffer {
        buffer.getSlice(at: buffer.readerIndex + start, length: end - start) ?? ByteBuffer()
    }

    private mutating func finish() -> RequestFrame {
        let arguments = streamHeader.map { listArguments($0) } ?? slice(from: argumentsStart, to: searched)
        let frame = RequestFrame(method: method, arguments: arguments)
        if method == methodWithStrayZeros { strayZeros = 2 }
        streamHeader = nil
        discardScanned()
        return frame
    }

    private mutating func discardScanned() {
        buffer.moveReaderIndex(forwardBy: searched)
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        resetOffsets()
        stage = .method
    }

    private mutating func resetOffsets() {
        searched = 0
        fieldStart = 0
        argumentsStart = 0
        listStart = 0
    }
}
