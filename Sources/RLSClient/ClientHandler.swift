import DequeModule
import NIOCore
import RLSCore
import RLSWire

/// A request on its way: its bytes, and what to do with the parts of its reply.
struct PendingCall: Sendable {
    let request: ByteBuffer
    let shape: ReplyShape
    /// Takes the strings of one item; throws when they are none.
    let receive: @Sendable (ByteBuffer) throws(CatalogError) -> Void
    let finish: @Sendable (Result<Bool, any Error>) -> Void
}

/// The client's end of a connection: sends requests as they come, gives each reply to the oldest call.
final class ClientHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = PendingCall
    typealias OutboundOut = ByteBuffer

    private let timeout: TimeAmount
    private let welcome: EventLoopPromise<Void>
    private var calls: Deque<PendingCall> = []
    private var scanner: ReplyScanner?
    private var buffer = ByteBuffer()
    private var isWelcome = false
    private var lastProgress = NIODeadline.now()
    private var watch: RepeatedTask?
    private var ending: any Error = ClientError(.closed, "the server closed the connection")
    private var hasFailed = false
    private let refusal: ClientError?

    /// - Parameters:
    ///   - timeout: longest silence of the server while a reply is due
    ///   - welcome: succeeds when the server has said that it takes requests
    ///   - refusal: what it means when the server closes the connection before that
    init(timeout: TimeAmount, welcome: EventLoopPromise<Void>, refusal: ClientError? = nil) {
        self.timeout = timeout
        self.refusal = refusal
        self.welcome = welcome
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    /// After a handshake the channel is active already.
    func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { begin(context) } }

    private func begin(_ context: ChannelHandlerContext) {
        // The greeting is a reply to no request.
        scanner = ReplyScanner(.nothing)
        lastProgress = .now()
        let own = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let interval = TimeAmount.nanoseconds(max(timeout.nanoseconds / 8, 10_000_000))
        watch = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            own.value.handler.checkTime(own.value.context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let call = unwrapOutboundIn(data)
        if calls.isEmpty { lastProgress = .now() }
        calls.append(call)
        context.write(wrapOutboundOut(call.request), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        lastProgress = .now()
        buffer.writeBuffer(&bytes)
        do { try takeReplies(context) } catch { fail(error, context) }
        buffer.discardReadBytes()
    }

    private func takeReplies(_ context: ChannelHandlerContext) throws {
        while isWelcome ? !calls.isEmpty : true {
            var current = scanner ?? ReplyScanner(calls[0].shape)
            let event = try current.next(in: &buffer)
            scanner = current
            switch event {
            case nil: return
            case .item(let item): try takeItem(item)
            case .end(let more): finish(.success(more))
            case .failure(let error):
                if !isWelcome { throw error }
                finish(.failure(error))
            }
        }
    }

    private func takeItem(_ item: ByteBuffer) throws {
        guard let call = calls.first else { return }
        do throws(CatalogError) { try call.receive(item) } catch {
            throw ClientError(.badReply, "unexpected item in reply: \(error)")
        }
        if !call.shape.isList { finish(.success(false)) }
    }

    private func finish(_ result: Result<Bool, any Error>) {
        scanner = nil
        if isWelcome {
            calls.popFirst()?.finish(result)
        } else {
            isWelcome = true
            welcome.succeed()
        }
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        ending = error
        hasFailed = true
        context.close(promise: nil)
    }

    /// A request of many megabytes is long on its way: so much more for each byte, as if the line were a thin one.
    private var patience: TimeAmount {
        timeout + .microseconds(Int64(calls.first?.request.readableBytes ?? 0) * Self.microsecondsPerByte)
    }

    private static let microsecondsPerByte: Int64 = 10

    private func checkTime(_ context: ChannelHandlerContext) {
        guard !isWelcome || !calls.isEmpty, NIODeadline.now() - lastProgress > patience else { return }
        let seconds = Double(timeout.nanoseconds) / 1e9
        fail(ClientError(.timeout, "no answer within \(seconds) seconds"), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(ClientError(.closed, "\(error)"), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        watch?.cancel()
        if !isWelcome { welcome.fail(hasFailed ? ending : refusal ?? ending) }
        while let call = calls.popFirst() { call.finish(.failure(ending)) }
        context.fireChannelInactive()
    }
}
