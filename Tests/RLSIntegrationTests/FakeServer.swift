import Foundation
import NIOConcurrencyHelpers
import RLSCore
import RLSTestSupport

/// A server that knows a few exchanges by heart, `|` for NUL: one of another version, or one that behaves badly. It
/// ends with the value that owns it.
final class FakeServer: Sendable {
    /// What becomes of a request that it does not know.
    enum Otherwise: Sendable {
        case isSilent
        /// 8, and closes, as servers of the original kind do.
        case refuses
    }

    struct Script: Sendable {
        var exchanges: [(request: String, reply: String)]
        var otherwise = Otherwise.isSilent
        var closesAfterReply = false

        /// nil while the request may not be complete.
        fileprivate func answer(to received: inout [UInt8]) -> (reply: [UInt8], closes: Bool)? {
            for exchange in exchanges {
                let request = RawClient.bytes(exchange.request)
                guard received.starts(with: request) else { continue }
                received.removeFirst(request.count)
                return (RawClient.bytes(exchange.reply), closesAfterReply)
            }
            let mayBecomeKnown = exchanges.contains { RawClient.bytes($0.request).starts(with: received) }
            guard otherwise == .refuses, !mayBecomeKnown, let end = received.firstIndex(of: 0) else { return nil }
            return (RawClient.bytes("8|") + received[...end], true)
        }
    }

    let port: Int
    private let listener: Int32
    private let accepted = NIOLockedValueBox(0)

    var url: String { "rlsn://127.0.0.1:\(port)" }
    var address: ServerAddress { ServerAddress(scheme: .insecure, host: "127.0.0.1", port: port) }
    /// So far.
    var connections: Int { accepted.withLockedValue { $0 } }

    init(
        _ exchanges: [(request: String, reply: String)], otherwise: Otherwise = .isSilent,
        closesAfterReply: Bool = false
    ) throws {
        (listener, port) = try Self.listen()
        let script = Script(exchanges: exchanges, otherwise: otherwise, closesAfterReply: closesAfterReply)
        Thread { [listener, accepted] in
            while case let client = accept(listener, nil, nil), client >= 0 {
                accepted.withLockedValue { $0 += 1 }
                Thread { Self.serve(client, script) }.start()
            }
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func listen() throws -> (Int32, Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) | Foundation.listen(descriptor, 64) | getsockname(descriptor, $0, &length)
            }
        }
        guard code == 0 else { throw RawClient.Failure(description: "listen: \(String(cString: strerror(errno)))") }
        return (descriptor, Int(address.sin_port.bigEndian))
    }

    private static func serve(_ client: Int32, _ script: Script) {
        defer { close(client) }
        write(RawClient.bytes("0|"), to: client)
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(client, &chunk, chunk.count, 0), count > 0 {
            received += chunk[0..<count]
            while let answer = script.answer(to: &received) {
                write(answer.reply, to: client)
                if answer.closes { return }
            }
        }
    }

    private static func write(_ bytes: [UInt8], to client: Int32) {
        _ = bytes.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
}
