import Foundation
import HTTPTypes
import HummingbirdCore
import LDR
import NIOCore

/// Answers `/events`: what happens from now on, or since what a client has seen, as server-sent events.
struct EventService: Sendable {
    private static let pause = Duration.milliseconds(500)
    /// Tells that the connection is alive, and finds out when it is not.
    private static let heartbeat = Duration.seconds(15)

    private let path: String
    private let places = Places(WebLimits.followers)
    private let stopSign: StopSign

    init(path: String, stopSign: StopSign) { (self.path, self.stopSign) = (path, stopSign) }

    /// The last event that a client has seen, as it says.
    static func lastSeen(_ headers: HTTPFields) -> String? { HTTPField.Name("Last-Event-ID").flatMap { headers[$0] } }

    /// - Parameter id: of the last event that the client has seen. Where it leads nowhere, an event `missed` says so.
    func answer(after id: String?) throws -> Response {
        guard let place = places.take() else {
            throw WebError(.serviceUnavailable, "\(WebLimits.followers) clients follow events already")
        }
        let seen = id.flatMap { EventPosition($0) }.flatMap { try? EventFollower(path: path, from: .after($0)) }
        let follower = try seen ?? EventFollower(path: path, from: .end)
        let isMissed = id?.isEmpty == false && seen == nil
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(place) {} }
            var follower = follower
            try await writer.write(ByteBuffer(string: ": events of this site\n\n"))
            if isMissed { try await writer.write(ByteBuffer(string: "event: missed\ndata: {}\n\n")) }
            var last = ContinuousClock.now
            while !Task.isCancelled && !stopSign.isRaised {
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

    init(path: String, from start: EventReader.Start) throws(EventsMissed) {
        reader = try EventReader(path: path, from: start)
    }

    /// nil when there is nothing new.
    mutating func next() -> String? {
        let before = reader.position?.inode
        guard let bytes = reader.next(), let position = reader.position else { return nil }
        // Lines do not go on in another file.
        if position.inode != before { rest = Data() }
        rest.append(bytes)
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else {
            if rest.count > Self.longestLine { rest = Data() }
            return nil
        }
        let start = position.offset - UInt64(rest.count)
        let text = Self.events(rest[...end], EventPosition(inode: position.inode, offset: start))
        rest = Data(rest[rest.index(after: end)...])
        return text
    }

    /// The id of an event is the place behind it.
    private static func events(_ lines: Data, _ start: EventPosition) -> String {
        var (text, place) = ("", start)
        for line in lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            place.offset += UInt64(line.count) + 1
            if !line.isEmpty { text += "id: \(place)\ndata: \(String(decoding: line, as: UTF8.self))\n\n" }
        }
        return text
    }
}
