import Foundation

/// A socket that sends and receives bytes as a test spells them: `|` stands for NUL.
package final class RawClient: @unchecked Sendable {
    // Used by one test at a time.
    private let descriptor: Int32
    private var received: [UInt8] = []

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(description: String) { self.description = description }
    }

    package init(port: Int, receiveTimeout seconds: Int = Int(Patience.seconds(60))) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// One that has been welcomed. It knocks again where it is turned away: another's place is free a moment after that has
    /// been closed.
    package static func welcomed(port: Int) throws -> RawClient {
        let end = ContinuousClock.now + .seconds(Patience.seconds(20))
        while true {
            let client = try RawClient(port: port)
            let welcome = try client.receive("0|")
            if welcome == "0|" { return client }
            if ContinuousClock.now > end { throw Failure(description: "refused: \(welcome)") }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    package static func bytes(_ text: String) -> [UInt8] { text.utf8.map { $0 == UInt8(ascii: "|") ? 0 : $0 } }

    package func send(_ text: String) throws { try send(bytes: Self.bytes(text)) }

    package func send(bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "send: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
    }

    /// False at the end of the stream.
    private func receiveMore() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0 && errno == ECONNRESET { return false }
        guard count >= 0 else { throw Failure(description: "nothing came; had \(text(received))") }
        received += chunk[0..<count]
        return count > 0
    }

    /// As many bytes as `text` has.
    package func receive(_ wanted: String) throws -> String {
        let count = wanted.utf8.count
        while received.count < count {
            guard try receiveMore() else { throw Failure(description: "closed; had \(text(received))") }
        }
        defer { received.removeFirst(count) }
        return text(Array(received[0..<count]))
    }

    package func receive(bytes count: Int) throws -> [UInt8] {
        while received.count < count {
            guard try receiveMore() else { throw Failure(description: "closed; had \(text(received))") }
        }
        defer { received.removeFirst(count) }
        return Array(received[0..<count])
    }

    private func receiveString() throws -> [UInt8] {
        while true {
            if let end = received.firstIndex(of: 0) { return try receive(bytes: end + 1) }
            guard try receiveMore() else { throw Failure(description: "closed; had \(text(received))") }
        }
    }

    /// A reply that is a list of tuples, to its end mark; an error has one string more.
    package func receiveList(width: Int) throws -> String {
        var reply = try receiveString()
        if reply != [UInt8(ascii: "0"), 0] { return text(reply + (try receiveString())) }
        while true {
            let first = try receiveString()
            reply += first
            if first == [0] || first == [1, 0] { return text(reply) }
            for _ in 1..<width { reply += try receiveString() }
        }
    }

    /// Sends, and returns whether exactly the reply comes.
    package func exchange(_ request: String, _ reply: String) throws -> Bool {
        try send(request)
        let got = try receive(reply)
        if got != reply { FileHandle.standardError.write(Data("\(request) -> \(got), not \(reply)\n".utf8)) }
        return got == reply
    }

    /// What comes until the server closes.
    package func receiveUntilClosed() throws -> String {
        while try receiveMore() {}
        return text(received)
    }

    private func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.map { $0 == 0 ? UInt8(ascii: "|") : $0 }, as: UTF8.self)
    }
}
