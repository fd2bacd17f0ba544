import NIOCore
import RLSCore

/// One complete request: the method's index and its arguments, still in the buffer they arrived in.
package struct RequestFrame: Sendable {
    package let method: Int
    package let arguments: ByteBuffer
}

/// Cuts the byte stream into requests. Never looks at a byte twice, so a peer that drips costs no more than one that does not.
package struct RequestScanner: Sendable {
    private enum Stage {
        case method
        case fields(remaining: Int)
        case list(width: Int, position: Int, items: Int)
    }

    private let names: MethodNames
    private let shapes: [ArgumentShape]
    private let limits: FrameLimits
    /// Method that the 4.x client follows with two strings `0` that belong to nothing.
    private let methodWithStrayZeros: Int?

    private var buffer = ByteBuffer()
    private var stage = Stage.method
    private var method = 0
    /// Offsets from the buffer's reader index.
    private var searched = 0
    private var fieldStart = 0
    private var argumentsStart = 0
    private var strayZeros = 0

    package init(methods: [(name: ByteString, shape: ArgumentShape)], limits: FrameLimits = FrameLimits()) {
        names = MethodNames(methods.map(\.name))
        shapes = methods.map(\.shape)
        self.limits = limits
        methodWithStrayZeros = methods.firstIndex { $0.name == "lrc_attr_get" }
    }

    /// Bytes taken in and not yet given out as requests.
    package var bufferedBytes: Int { buffer.readableBytes }
    /// True in the middle of a request.
    package var isWaitingForMore: Bool { buffer.readableBytes > 0 }

    /// Bytes of memory.
    package var capacity: Int { buffer.capacity }

    package mutating func append(_ bytes: inout ByteBuffer) {
        if buffer.readableBytes == 0 {
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
        while let end = buffer.distanceToNUL(from: searched) {
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
            stage = .fields(remaining: remaining - 1)
            if remaining > 1 { return nil }
            if case .list(_, let width) = shapes[method] {
                stage = .list(width: width, position: 0, items: 0)
                return nil
            }
            return finish()
        case .list(let width, let position, let items):
            if position == 0 {
                if length == 0 { return finish() }
                if items == limits.listItems { throw .tooManyItems(limit: limits.listItems) }
            }
            let next = position + 1
            stage = .list(width: width, position: next == width ? 0 : next, items: next == width ? items + 1 : items)
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
        switch shapes[index] {
        case .fields(0): return finish()
        case .fields(let count): stage = .fields(remaining: count)
        case .list(0, let width): stage = .list(width: width, position: 0, items: 0)
        case .list(let header, _): stage = .fields(remaining: header)
        }
        return nil
    }

    private mutating func finish() -> RequestFrame {
        let start = buffer.readerIndex + argumentsStart
        // The slice is within what was scanned, so it cannot be missing.
        let arguments = buffer.getSlice(at: start, length: searched - argumentsStart) ?? ByteBuffer()
        let frame = RequestFrame(method: method, arguments: arguments)
        if method == methodWithStrayZeros { strayZeros = 2 }
        discardScanned()
        return frame
    }

    private mutating func discardScanned() {
        buffer.moveReaderIndex(forwardBy: searched)
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        resetOffsets()
    }

    private mutating func resetOffsets() {
        stage = .method
        searched = 0
        fieldStart = 0
        argumentsStart = 0
    }
}
