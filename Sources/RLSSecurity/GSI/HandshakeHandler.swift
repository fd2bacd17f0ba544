import NIOCore

/// What a handshake has led to.
package struct EstablishedContext: Sendable {
    package let kind: ChannelKind
    package let peer: GSIPeer
}

/// Does the handshake of a connection, then gives its place to the handlers of what follows.
///
/// The event loop only moves bytes; the library's work is done on `threads`, one step at a time.
package final class HandshakeHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    package struct Options: Sendable {
        package let threads: HandshakeThreads
        package let slots: HandshakeSlots
        package let mostAtATime: Int
        package let timeout: TimeAmount
        /// nil: the other side begins, and its first byte tells.
        package let kind: ChannelKind?
        package let allowsClearChannel: Bool

        package init(
            threads: HandshakeThreads, slots: HandshakeSlots = HandshakeSlots(), mostAtATime: Int = .max,
            timeout: TimeAmount, kind: ChannelKind?, allowsClearChannel: Bool
        ) {
            self.threads = threads
            self.slots = slots
            self.mostAtATime = mostAtATime
            self.timeout = timeout
            self.kind = kind
            self.allowsClearChannel = allowsClearChannel
        }
    }

    /// What follows a handshake; on a wrapped channel encryption comes first.
    package typealias Completion = (Result<EstablishedContext, GSIError>) throws -> (any ChannelHandler)?

    private enum State {
        /// Before the connection counts: one that is turned away at once never does.
        case idle
        case waiting
        case working
        case ended
    }

    private let options: Options
    private let makeContext: @Sendable () throws(GSIError) -> GSSContext
    private let completion: Completion
    private var state = State.idle
    private var reader: TokenReader?
    private var context: GSSContext?
    private var buffer = ByteBuffer()
    private var isReadHeldBack = false
    private var hasSlot = false
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - makeContext: called on a thread of the pool
    ///   - completion: called once; names the handler that follows, or sees to a failure, after which the channel closes
    package init(
        _ options: Options, makeContext: @escaping @Sendable () throws(GSIError) -> GSSContext,
        completion: @escaping Completion
    ) {
        self.options = options
        self.makeContext = makeContext
        self.completion = completion
        reader = options.kind.map(TokenReader.init)
    }

    package func channelActive(context: ChannelHandlerContext) {
        state = .waiting
        hasSlot = options.slots.enter(most: options.mostAtATime)
        guard hasSlot else { return fail(GSIError(.busy, "too many handshakes at a time"), context) }
        let own = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: options.timeout) {
            let (handler, context) = own.value
            handler.fail(handler.timeoutError, context)
        }
        if options.kind != nil { work(on: ByteBuffer(), context) }
        context.fireChannelActive()
    }

    private var timeoutError: GSIError {
        let seconds = options.timeout.nanoseconds / 1_000_000_000
        return reader == nil
            ? GSIError(.silence, "nothing came within \(seconds) s")
            : GSIError(.timeout, "the handshake was not complete within \(seconds) s")
    }

    /// The server stops: a handshake is no work that must be finished.
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { fail(GSIError(.closed, "stopping"), context) }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        fail(GSIError(.closed, "the other side ended the connection during the handshake"), context)
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(GSIError(.closed, "\(error)"), context)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard state != .ended else { return }
        buffer.writeBuffer(&bytes)
        proceed(context)
    }

    /// What waits while a step is computed is bounded by one read of the socket.
    package func read(context: ChannelHandlerContext) {
        if state == .working { isReadHeldBack = true } else { context.read() }
    }

    private func readOn(_ context: ChannelHandlerContext) {
        guard isReadHeldBack, state != .working else { return }
        isReadHeldBack = false
        context.read()
    }

    private func proceed(_ context: ChannelHandlerContext) {
        guard state == .waiting, buffer.readableBytes > 0 else { return }
        do throws(GSIError) {
            if reader == nil { reader = try detect() }
            if let token = try reader?.next(in: &buffer) { work(on: token, context) }
        } catch { fail(error, context) }
    }

    private func detect() throws(GSIError) -> TokenReader {
        let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) ?? 0
        guard let kind = ChannelKind(firstByte: first) else {
            throw GSIError(.badToken, "what came is no GSI handshake")
        }
        if kind == .clear && !options.allowsClearChannel {
            throw GSIError(.badToken, "a clear-channel client, and allow_clear_channel is off")
        }
        return TokenReader(kind)
    }

    // MARK: Steps

    private struct Outcome: Sendable {
        var output = ByteBuffer()
        var context: GSSContext?
        /// nil: the handshake goes on.
        var end: Result<GSIPeer, GSIError>?
    }

    private func work(on token: ByteBuffer, _ context: ChannelHandlerContext) {
        state = .working
        let own = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let (eventLoop, known, make) = (context.eventLoop, self.context, makeContext)
        options.threads.submit { isActive in
            var outcome = Outcome(context: known)
            if isActive {
                Self.step(token, make, &outcome)
            } else {
                outcome.end = .failure(GSIError(.closed, "stopping"))
            }
            let result = outcome
            eventLoop.execute { own.value.handler.worked(result, own.value.context) }
        }
    }

    private static func step(
        _ token: ByteBuffer, _ make: () throws(GSIError) -> GSSContext, _ outcome: inout Outcome
    ) {
        do throws(GSIError) {
            let context: GSSContext
            if let known = outcome.context { context = known } else { context = try make() }
            outcome.context = context
            let step = context.step(token)
            outcome.output = step.output
            switch step.outcome {
            case .continues: break
            case .complete:
                if !context.isConfidential { throw GSIError(.other, "the other side does not encrypt") }
                outcome.end = .success(try GSIPeer(of: context))
            case .failed(let error): throw error
            }
        } catch { outcome.end = .failure(error) }
    }

    private func worked(_ outcome: Outcome, _ context: ChannelHandlerContext) {
        guard state == .working else { return }
        self.context = outcome.context
        send(outcome.output, context)
        switch outcome.end {
        case nil:
            state = .waiting
            proceed(context)
            readOn(context)
        case .failure(let error): fail(error, context)
        case .success(let peer): succeed(peer, context)
        }
    }

    private func send(_ token: ByteBuffer, _ context: ChannelHandlerContext) {
        guard token.readableBytes > 0, let reader else { return }
        var bytes = ByteBuffer()
        if reader.kind == .wrapped { bytes.writeInteger(UInt32(token.readableBytes)) }
        bytes.writeImmutableBuffer(token)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func succeed(_ peer: GSIPeer, _ context: ChannelHandlerContext) {
        guard let made = self.context, let reader else { return }
        end()
        do {
            let established = EstablishedContext(kind: reader.kind, peer: peer)
            guard let next = try completion(.success(established)) else { return context.close(promise: nil) }
            try install(next, made, reader.kind, context)
            let rest = buffer
            if rest.readableBytes > 0 && context.channel.isActive {
                context.fireChannelRead(wrapInboundOut(rest))
                context.fireChannelReadComplete()
            }
            readOn(context)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch { context.close(promise: nil) }
    }

    private func fail(_ error: GSIError, _ context: ChannelHandlerContext) {
        guard state != .ended && state != .idle else { return }
        end()
        _ = try? completion(.failure(error))
        context.close(promise: nil)
    }

    /// One after the other: a handler may write as soon as it is added.
    private func install(
        _ next: any ChannelHandler, _ secured: GSSContext, _ kind: ChannelKind, _ context: ChannelHandlerContext
    ) throws {
        let pipeline = context.pipeline.syncOperations
        guard kind == .wrapped else { return try pipeline.addHandler(next, position: .after(self)) }
        let wrap = WrapHandler(secured)
        try pipeline.addHandler(wrap, position: .after(self))
        try pipeline.addHandler(next, position: .after(wrap))
    }

    private func end() {
        state = .ended
        timer?.cancel()
        context = nil
        if hasSlot { options.slots.leave() }
        hasSlot = false
    }
}
