import NIOCore

/// Encrypts what goes out and decrypts what comes in, after a handshake on a wrapped channel. Both are short pieces of
/// computing and stay on the event loop.
package final class WrapHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Globus clients read into a buffer of twice this.
    private static let pieceLength = 1 << 16

    private let secured: GSSContext
    private let frameLimit: Int
    private var received = ByteBuffer()
    private var pending = ByteBuffer()
    private var promises: [EventLoopPromise<Void>] = []

    /// - Parameter frameLimit: bytes of one incoming frame; a longer one ends the connection
    package init(_ secured: GSSContext, frameLimit: Int) {
        self.secured = secured
        self.frameLimit = frameLimit
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if received.readableBytes == 0 { received = bytes } else { received.writeBuffer(&bytes) }
        var clear = ByteBuffer()
        do throws(GSIError) {
            while let token = try nextToken() { try secured.unwrap(token, into: &clear) }
        } catch {
            context.fireErrorCaught(error)
            return context.close(promise: nil)
        }
        if received.readableBytes == 0 { received = ByteBuffer() }
        if clear.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(clear)) }
    }

    private func nextToken() throws(GSIError) -> ByteBuffer? {
        guard let frame = WrappedFrame(at: received) else { return nil }
        guard (1...frameLimit).contains(frame.length) else {
            throw GSIError(.badToken, "a frame of \(frame.length) bytes")
        }
        guard received.readableBytes >= frame.header + frame.length else { return nil }
        received.moveReaderIndex(forwardBy: frame.header)
        return received.readSlice(length: frame.length)
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = unwrapOutboundIn(data)
        if pending.readableBytes == 0 { pending = bytes } else { pending.writeBuffer(&bytes) }
        if let promise { promises.append(promise) }
    }

    /// All that was written since the last flush goes into as few frames as it takes.
    package func flush(context: ChannelHandlerContext) {
        guard pending.readableBytes > 0 else { return context.flush() }
        var frames = ByteBuffer()
        do throws(GSIError) {
            while let piece = pending.readSlice(length: min(pending.readableBytes, Self.pieceLength)),
                piece.readableBytes > 0
            {
                try secured.wrap(piece, into: &frames)
            }
        } catch {
            context.fireErrorCaught(error)
            return context.close(promise: nil)
        }
        pending = ByteBuffer()
        let waiting = promises
        promises = []
        let written = waiting.isEmpty ? nil : context.eventLoop.makePromise(of: Void.self)
        if let written { for promise in waiting { written.futureResult.cascade(to: promise) } }
        context.writeAndFlush(wrapOutboundOut(frames), promise: written)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        for promise in promises { promise.fail(ChannelError.ioOnClosedChannel) }
        promises = []
    }
}

/// Where the next token lies. Globus clients put a length in front of a token or, when it is a TLS record, which has its
/// own, nothing at all.
private struct WrappedFrame {
    let header: Int
    let length: Int

    /// nil: too little is there to tell.
    init?(at buffer: ByteBuffer) {
        let start = buffer.readerIndex
        guard let first = buffer.getInteger(at: start, as: UInt8.self) else { return nil }
        if (20...23).contains(first) {
            guard let length = buffer.getInteger(at: start + 3, as: UInt16.self) else { return nil }
            (header, self.length) = (0, 5 + Int(length))
        } else {
            guard let length = buffer.getInteger(at: start, as: UInt32.self) else { return nil }
            (header, self.length) = (4, Int(length))
        }
    }
}
