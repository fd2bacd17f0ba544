import Foundation
import HTTPTypes
import Hummingbird
import LDR
import NIOCore
import ServiceLifecycle

/// Answers `/events`: what happens from now on, as server-sent events.
struct EventService: Sendable {
    private static let pause = Duration.milliseconds(500)
    /// Tells that the connection is alive, and finds out when it is not.
    private static let heartbeat = Duration.seconds(15)

    private let path: String
    private let places = Places(WebLimits.followers)

    init(path: String) { self.path = path }

    func answer() throws -> Response {
        guard let place = places.take() else {
            throw WebError(.serviceUnavailable, "\(WebLimits.followers) clients follow events already")
        }
        let follower = EventFollower(path: path)
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(place) {} }
            var follower = follower
            try await writer.write(ByteBuffer(string: ": events of this site from now on\n\n"))
            var last = ContinuousClock.now
            while !Task.isCancelled && !Task.isShuttingDownGracefully {
                if let text = follower.next() {
                    try await writer.write(ByteBuffer(string: text))
                    last = .now
                    continue
                }
                if .now - last > Self.heartbeat {
                    try await writer.write(ByteBuffer(string: ":\n\n"))
                    last = .now
                }
                try await Task.sleep(for: Self.pause)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: WebAnswer.headers("text/event-stream"), body: body)
    }
}

/// Makes events of the lines of a log that grows.
struct EventFollower: Sendable {
    /// Bytes; the log has no longer lines.
    private static let longestLine = 1 << 20

    private var reader: EventReader
    private var rest = Data()

    init(path: String) { reader = EventReader(path: path, fromEnd: true) }

    /// nil when there is nothing new.
    mutating func next() -> String? {
        guard let bytes = reader.next() else { return nil }
        rest.append(bytes)
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else {
            if rest.count > Self.longestLine { rest = Data() }
            return nil
        }
        let lines = rest[...end].split(separator: UInt8(ascii: "\n"))
        let text = lines.map { "data: " + String(decoding: $0, as: UTF8.self) + "\n\n" }.joined()
        rest = Data(rest[rest.index(after: end)...])
        return text
    }
}
