import NIOCore

/// Encrypts what goes out and decrypts what comes in, after a handshake on a wrapped channel. Both are short pieces of
/// computing, bounded by what one read of the socket gives, and stay on the event loop.
package final class WrapHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Globus clients read into a buffer of twice this.
    private static let pieceLength = 1 << 16

    /// Records in a row that hold no data: session tickets, new keys. A peer that sends nothing else is up to no good.
    private static let mostWithoutData = 64

    private let secured: GSSContext
    private var received = ProtectedStream()
    private var withoutData = 0
    private var pending = ByteBuffer()
    private var promises: [EventLoopPromise<Void>] = []

    package init(_ secured: GSSContext) { self.secured = secured }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard context.channel.isActive else { return }
        var bytes = unwrapInboundIn(data)
        received.append(&bytes)
        var clear = ByteBuffer()
        do throws(GSIError) {
            while let record = try received.next() { try open(record, into: &clear) }
        } catch {
            context.fireErrorCaught(error)
            return context.close(promise: nil)
        }
        if clear.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(clear)) }
    }

    /// The library takes everything after the end of its session for success without data, and keeps it.
    private func open(_ record: ByteBuffer, into clear: inout ByteBuffer) throws(GSIError) {
        let before = clear.readableBytes
        try secured.unwrap(record, into: &clear)
        withoutData = clear.readableBytes > before ? 0 : withoutData + 1
        if withoutData > Self.mostWithoutData { throw GSIError(.badToken, "nothing but records without data") }
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
