import Logging
import NIOCore
import RLSConfiguration
import RLSCore
import RLSSecurity
import RLSStorage
import RLSWire

/// One client: bytes in, requests one after the other, reply bytes out. Runs on the connection's event loop alone.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Replies gather up to this before they are handed to the channel.
    private static let flushThreshold = 65_536

    private let server: ServerContext
    private let lane: LookupLane?
    private let client: Authenticator.Client?
    /// Roles whose look-ups are made together, by other threads.
    private let gathers: RoleSet
    private var session: ClientSession?
    private var scanner: RequestScanner
    private var state = ConnectionState()
    private var clock: ConnectionClock
    private var ownWrites: OwnWrites
    private var clockTask: RepeatedTask?
    private var expiryTask: Scheduled<Void>?
    /// A stream that waits for the client to read.
    private var paused: ReplyStream?
    /// A complete request that must wait for those before it, and what ends the connection after them.
    private var held: RequestFrame?
    private var failure: CatalogError?
    /// Of a long request that comes in parts: told when all of it has come.
    private var streamFailure: CatalogError?
    private var isReadHeldBack = false
    private var isFlushScheduled = false
    private var gathered = LookupSlots<ReplyTurn>()
    private var output = ByteBuffer()

    /// - Parameter client: nil without authentication
    init(server: ServerContext, lane: LookupLane?, client: Authenticator.Client?) {
        self.server = server
        self.lane = lane
        self.client = client
        gathers = server.stores.remote
        let configuration = server.configuration.current
        scanner = RequestScanner(methods: MethodTable.shapes, limits: FrameLimits(configuration))
        clock = ConnectionClock(configuration)
        ownWrites = OwnWrites(staleness: server.catalog?.staleness ?? .zero)
    }

    // MARK: Life of the connection

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    /// After a handshake the channel is active already.
    func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { begin(context) } }

    private func begin(_ context: ChannelHandlerContext) {
        let address = context.remoteAddress?.ipAddress ?? "unknown"
        let session = ClientSession(context: server, identity: client?.identity ?? .anonymous, address: address)
        self.session = session
        if session.grants.any.isEmpty {
            server.audit.refused(session, method: "connect", subject: "")
            return refuse(CatalogError(.permission, ByteString("\(session.name) has no rights here")), context)
        }
        if server.index != nil && session.grants.any.contains(.rliUpdate) {
            scanner.limits.blobLength = session.configuration.maximumUpdateBytes
        }
        output.writeStatus(.success)
        flush(context)
        startClock(context)
    }

    private func refuse(_ error: CatalogError, _ context: ChannelHandlerContext) {
        state.finish()
        output.writeError(error)
        flush(context)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        clockTask?.cancel()
        state.finish()
        expiryTask?.cancel()
        session = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        server.logger.debug("connection failed", metadata: ["cause": "\(error)"])
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            state.finish()
            closeWhenDone(context)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard state.ending == .open else { return }
        clock.received(at: .now())
        scanner.append(&bytes)
        // A filter may take minutes on a thin line: who keeps sending is not late.
        if scanner.isTakingUpdate && session?.grants.any.contains(.rliUpdate) == true { clock.waitsForRest(false) }
        proceed(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
        context.fireChannelReadComplete()
    }

    /// While a request waits its turn, nothing more is taken from the socket: TCP tells the client to wait.
    func read(context: ChannelHandlerContext) {
        if held != nil || failure != nil || !state.mayBegin {
            isReadHeldBack = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        state.isWritable = context.channel.isWritable
        clock.writability(state.isWritable, at: .now())
        if state.isWritable {
            if let stream = paused {
                paused = nil
                nextChunk(of: stream, context)
            }
            resume(context)
        }
        context.fireChannelWritabilityChanged()
    }

    private func flush(_ context: ChannelHandlerContext) {
        if output.readableBytes == 0 { return }
        // Taken out first: the write may tell us of writability, and so come back here.
        var bytes = ByteBuffer()
        swap(&bytes, &output)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        // Keeps the storage when the channel has written all of it.
        bytes.clear()
        if output.readableBytes == 0 { output = bytes }
        state.isWritable = context.channel.isWritable
    }

    private func flushSoon(_ context: ChannelHandlerContext) {
        if isFlushScheduled { return }
        isFlushScheduled = true
        let own = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            own.value.handler.isFlushScheduled = false
            if own.value.handler.session != nil { own.value.handler.flush(own.value.context) }
        }
    }

    private func resume(_ context: ChannelHandlerContext) {
        answerGathered(context)
        proceed(context)
        // The rest of a group is answered in this same turn of the event loop: one system call for all of it.
        if state.pendingWrites + state.pendingLookups > 0 && output.readableBytes < Self.flushThreshold {
            flushSoon(context)
        } else {
            flush(context)
        }
        if isReadHeldBack && held == nil && state.mayBegin {
            isReadHeldBack = false
            context.read()
        }
    }

    private func closeWhenDone(_ context: ChannelHandlerContext) {
        guard state.isDone, context.channel.isActive else { return }
        flush(context)
        context.close(promise: nil)
    }

    // MARK: Requests

    private func proceed(_ context: ChannelHandlerContext) {
        while failure == nil, let frame = nextFrame() {
            let row = MethodTable.rows[frame.method]
            guard state.mayBegin(gathers.isEmpty ? row.discipline : row.discipline(gathering: gathers)) else {
                held = frame
                break
            }
            held = nil
            clock.waitsForRest(false)
            begin(row, frame, context)
            if output.readableBytes >= Self.flushThreshold { flush(context) }
        }
        clock.waitsForRest(scanner.isWaitingForMore && held == nil && state.mayBegin)
        clock.isBusy = !state.isIdle
        if let failure, state.mayBegin(.read) {
            output.writeError(failure)
            state.finish()
        }
        closeWhenDone(context)
    }

    private func nextFrame() -> RequestFrame? {
        if let held { return held }
        guard state.mayBegin else { return nil }
        do throws(FrameError) { return try scanner.next() } catch {
            failure = error.answer
            return nil
        }
    }

    private func begin(_ row: MethodRow, _ frame: RequestFrame, _ context: ChannelHandlerContext) {
        guard let session else { return }
        session.refresh()
        let arguments = frame.arguments
        do throws(CatalogError) {
            if let failed = streamFailure { throw failed }
            try session.check(row)
            var reader = FieldReader(arguments)
            switch row.body {
            case .lookup(let run):
                if gathers.has(row.role) {
                    try gather(run, &reader, session, row.role, context)
                } else {
                    try look(run, &reader, session, context)
                }
            case .read(let make):
                let producer = try make(&reader, session)
                state.beganStream()
                nextChunk(of: ReplyStream(producer: producer, hasBegun: false), context)
            case .write(let make):
                let pending = try make(&reader, session)
                if let first = pending.refused.first {
                    server.audit.refused(session, method: row.name, subject: first, items: pending.refused.count)
                }
                write(pending, bytes: arguments.readableBytes, context)
            case .deferred(let make): start(try make(&reader, session), hasMore: frame.hasMore, context)
            case .control(let run): perform(try run(&reader, session, &output), context)
            }
        } catch {
            streamFailure = frame.hasMore ? error : nil
            if frame.hasMore { return }
            if error.code == .permission {
                server.audit.refused(session, method: row.name, subject: session.subject(of: error, row, arguments))
            }
            answer(error, context)
            // Who has lost all rights shall not keep a place.
            if session.grants.any.isEmpty { state.finish() }
        }
    }

    private func answer(_ error: CatalogError, _ context: ChannelHandlerContext) {
        if state.pendingLookups > 0 {
            state.beganLookup()
            gathered.append(.failed(.refused(error)))
        } else if state.pendingWrites == 0 {
            output.writeError(error)
        } else {
            // Behind the writes before it, as an empty write: replies keep the order of the requests.
            write(PendingWrite(changes: []) { _, buffer in buffer.writeError(error) }, bytes: 0, context)
        }
    }

    private func look(
        _ run: MethodRow.Lookup, _ reader: inout FieldReader, _ session: ClientSession, _ context: ChannelHandlerContext
    ) throws(CatalogError) {
        guard let lane else { return }
        let start = output.writerIndex
        do throws(ReplyFailure) {
            let rest = try lane.withReaders { (readers) throws(ReplyFailure) in
                try run(&reader, session, readers, &output)
            }
            if let rest {
                state.beganStream()
                flush(context)
                nextChunk(of: ReplyStream(producer: rest, hasBegun: true), context)
            }
        } catch {
            output.moveWriterIndex(to: start)
            log(error, session)
            throw error.answer
        }
    }

    private func perform(_ effect: ControlEffect, _ context: ChannelHandlerContext) {
        switch effect {
        case .none: break
        case .close: state.finish()
        case .quit:
            state.finish()
            server.quit()
        }
    }

    // MARK: Writes

    private func write(_ pending: PendingWrite, bytes: Int, _ context: ChannelHandlerContext) {
        guard let catalog = server.catalog else { return }
        state.beganWrite(bytes: bytes)
        let eventLoop = context.eventLoop
        let own = NIOLoopBound((handler: self, context: context), eventLoop: eventLoop)
        catalog.submit(
            WriteRequest(pending.changes) { outcome in
                eventLoop.execute {
                    own.value.handler.finish(pending, outcome, bytes: bytes, own.value.context)
                }
            })
    }

    private func finish(_ pending: PendingWrite, _ outcome: WriteOutcome, bytes: Int, _ context: ChannelHandlerContext)
    {
        state.finishedWrite(bytes: bytes)
        guard session != nil else { return }
        clock.received(at: .now())
        ownWrites.note(at: .now())
        switch outcome {
        case .success(let failures):
            if let session, session.configuration.areUpdatesLogged {
                server.audit.updated(session, pending.changes, failures)
            }
            pending.reply(failures, &output)
        case .failure(let error):
            if pending.changes.isEmpty { pending.reply([], &output) } else { output.writeError(error.answer) }
        }
        resume(context)
    }

    // MARK: Look-ups of other threads

    private func gather(
        _ run: MethodRow.Lookup, _ reader: inout FieldReader, _ session: ClientSession, _ role: Role,
        _ context: ChannelHandlerContext
    ) throws(CatalogError) {
        let rest: (any ReplyProducer)?
        do throws(ReplyFailure) { rest = try run(&reader, session, .elsewhere, &output) } catch { throw error.answer }
        guard let producer = rest, let lane, let queue = server.lookups[role] else { return }
        state.beganLookup()
        let ticket = gathered.append()
        let own = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let lookup = PendingLookup(
            producer: producer, mustBeCurrent: ownWrites.mustBeSeen(at: .now()), eventLoop: context.eventLoop
        ) { turn in
            own.value.handler.received(turn, ticket, own.value.context)
        }
        lane.gather(lookup, for: queue)
    }

    private func received(_ turn: ReplyTurn, _ ticket: Int, _ context: ChannelHandlerContext) {
        guard session != nil else { return }
        clock.received(at: .now())
        gathered.fill(ticket, with: turn)
        resume(context)
    }

    /// Writes those whose turn it is.
    private func answerGathered(_ context: ChannelHandlerContext) {
        while let session, !state.isStreaming, let turn = gathered.next() {
            state.finishedLookup()
            switch turn {
            case .done(let bytes, let continuation):
                output.writeImmutableBuffer(bytes)
                if let continuation { session.lastPage = continuation }
            case .more(let bytes, let producer):
                output.writeImmutableBuffer(bytes)
                state.beganStream()
                flush(context)
                goOn(with: ReplyStream(producer: producer, hasBegun: bytes.readableBytes > 0), context)
            // The queue has logged it.
            case .failed(let failure): output.writeError(failure.answer)
            }
        }
    }

    // MARK: Work of other threads

    private func start(_ work: DeferredReply, hasMore: Bool, _ context: ChannelHandlerContext) {
        state.beganStream()
        let eventLoop = context.eventLoop
        let own = NIOLoopBound((handler: self, context: context), eventLoop: eventLoop)
        work.start { result in
            eventLoop.execute { own.value.handler.finished(result, hasMore: hasMore, own.value.context) }
        }
    }

    private func finished(
        _ result: Result<ByteBuffer, CatalogError>, hasMore: Bool, _ context: ChannelHandlerContext
    ) {
        state.finishedStream()
        guard session != nil else { return }
        clock.received(at: .now())
        switch result {
        case .success(let strings) where !hasMore:
            output.writeStatus(.success)
            output.writeImmutableBuffer(strings)
        case .success: break
        case .failure(let error):
            if hasMore { streamFailure = error } else { output.writeError(error) }
        }
        flush(context)
        resume(context)
    }

    // MARK: Streams

    private struct ReplyStream {
        var producer: any ReplyProducer
        /// Some of the reply has been sent: an error can only be told by closing.
        var hasBegun: Bool
    }

    private func goOn(with stream: ReplyStream, _ context: ChannelHandlerContext) {
        if state.isWritable { nextChunk(of: stream, context) } else { paused = stream }
    }

    /// Lets the reader pool fill one chunk; when it is here and the client can take more, the next one.
    private func nextChunk(of stream: ReplyStream, _ context: ChannelHandlerContext) {
        let eventLoop = context.eventLoop
        let own = NIOLoopBound((handler: self, context: context), eventLoop: eventLoop)
        let (producer, hasBegun) = (stream.producer, stream.hasBegun)
        let mustBeCurrent = ownWrites.mustBeSeen(at: .now())
        server.readers.submit { readers in
            if !mustBeCurrent { readers.mayBeOld() }
            let turn = producer.loneTurn(readers)
            eventLoop.execute { own.value.handler.received(turn, hasBegun: hasBegun, own.value.context) }
        } refused: {
            eventLoop.execute { own.value.context.close(promise: nil) }
        }
    }

    private func received(_ turn: ReplyTurn, hasBegun: Bool, _ context: ChannelHandlerContext) {
        guard let session else { return }
        switch turn {
        case .done(let chunk, let continuation):
            output.writeImmutableBuffer(chunk)
            session.lastPage = continuation
            state.finishedStream()
            clock.received(at: .now())
            flush(context)
            resume(context)
        case .more(let chunk, let producer):
            output.writeImmutableBuffer(chunk)
            flush(context)
            let rest = ReplyStream(producer: producer, hasBegun: hasBegun || chunk.readableBytes > 0)
            goOn(with: rest, context)
        case .failed(let failure):
            state.finishedStream()
            log(failure, session)
            if hasBegun { return context.close(promise: nil) }
            output.writeError(failure.answer)
            flush(context)
            resume(context)
        }
    }

    private func log(_ failure: ReplyFailure, _ session: ClientSession) {
        guard case .failed(let error) = failure else { return }
        server.logger.error("read failed", metadata: session.metadata.merging(["cause": "\(error)"]) { $1 })
    }

    // MARK: Time

    private func startClock(_ context: ChannelHandlerContext) {
        let own = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        if let client {
            expiryTask = context.eventLoop.assumeIsolated().scheduleTask(in: client.lifetime) {
                own.value.handler.expire(own.value.context)
            }
        }
        let interval = clock.checkInterval
        clockTask = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            own.value.handler.checkTime(own.value.context)
        }
    }

    private func expire(_ context: ChannelHandlerContext) {
        guard let session else { return }
        server.logger.notice(
            "connection closed", metadata: session.metadata.merging(["cause": "credentialExpired"]) { $1 })
        context.close(promise: nil)
    }

    private func checkTime(_ context: ChannelHandlerContext) {
        guard let session, let reason = clock.verdict(at: .now()) else { return }
        server.logger.debug("connection closed", metadata: session.metadata.merging(["cause": "\(reason)"]) { $1 })
        context.close(promise: nil)
    }
}
