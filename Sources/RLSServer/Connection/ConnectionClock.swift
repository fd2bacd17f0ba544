import NIOCore
import RLSConfiguration
import RLSWire

/// Decides when a silent, slow or deaf client has had its time.
struct ConnectionClock {
    enum Reason: String {
        case idle
        case requestIncomplete
        case replyNotRead
    }

    private let idle: TimeAmount
    private let request: TimeAmount
    private let write: TimeAmount
    private var lastActivity = NIODeadline.now()
    private var requestBegan: NIODeadline?
    private var unwritableSince: NIODeadline?
    /// A request is being worked on: silence is ours, not the client's.
    var isBusy = false

    init(_ configuration: ServerConfiguration) {
        idle = .seconds(Int64(configuration.idleTimeout))
        request = .seconds(Int64(configuration.requestTimeout))
        write = .seconds(Int64(configuration.writeTimeout))
    }

    /// A quarter of the shortest time: nobody stays much longer than allowed.
    var checkInterval: TimeAmount {
        .nanoseconds(max(min(idle.nanoseconds, request.nanoseconds, write.nanoseconds) / 4, 100_000_000))
    }

    /// The client sent something, or was given the end of a reply.
    mutating func received(at now: NIODeadline) { lastActivity = now }

    /// Whether a request has begun to arrive and is not complete.
    mutating func waitsForRest(_ waits: Bool) {
        requestBegan = waits ? requestBegan ?? lastActivity : nil
    }

    mutating func writability(_ isWritable: Bool, at now: NIODeadline) {
        unwritableSince = isWritable ? nil : unwritableSince ?? now
        lastActivity = now
    }

    func verdict(at now: NIODeadline) -> Reason? {
        if let since = unwritableSince, now - since > write { return .replyNotRead }
        if let since = requestBegan, now - since > request { return .requestIncomplete }
        if !isBusy && now - lastActivity > idle { return .idle }
        return nil
    }
}

extension FrameLimits {
    init(_ configuration: ServerConfiguration) {
        self.init(
            fieldLength: configuration.maximumFieldLength, listItems: configuration.maximumBulkItems,
            requestLength: configuration.maximumRequestBytes)
    }
}
