import Foundation
import RLSClient
import RLSCore
import RLSTestSupport
import RLSWire
import Testing

/// A server of a test about soft state: it can be killed and come back on its port, with its files or without.
final class Site {
    /// What makes updates and retries quick enough for a test.
    static let quick = ["update_immediate true", "update_buftime_ms 20", "lrc_update_retry 1"]

    let directory: TemporaryDirectory
    private let lines: [String]
    private let backend: CatalogBackend
    private(set) var server: ServerProcess

    init(
        _ lines: [String], in directory: TemporaryDirectory? = nil, backend: CatalogBackend = .current
    ) async throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        self.lines = lines
        self.backend = backend
        server = try await ServerProcess.start(lines, in: directory, backend: backend)
    }

    static func catalog(_ lines: [String] = quick, backend: CatalogBackend = .current) async throws -> Site {
        try await Site(lines, backend: backend)
    }

    static func index(_ lines: [String] = quick) async throws -> Site {
        let directory = try TemporaryDirectory()
        let index = try await CatalogBackend.current.indexLines(in: directory)
        return try await Site(["lrc_server false"] + index + lines, in: directory)
    }

    var url: String { server.url }

    func kill() async { await server.killHard() }

    func restart(_ more: [String] = []) async throws {
        server = try await ServerProcess.start(lines + ["port \(server.port)"] + more, in: directory, backend: backend)
    }

    /// One request and its whole reply, on a connection of its own. `|` for NUL.
    func ask(_ request: String) async throws -> String {
        let port = server.port
        let reply = try await blocking {
            let client = try RawClient(port: port)
            try client.send(request + "close|")
            return try client.receiveUntilClosed()
        }
        return String(reply.dropFirst(2))
    }

    func create(_ names: [String]) async throws {
        let pairs = names.map { "\($0)|p|" }.joined()
        #expect(try await ask("lrc_create_bulk|\(pairs)|") == "0||")
    }

    func add(_ index: Site, filter: Bool = false, pattern: String = "") async throws {
        #expect(try await ask("lrc_rli_add|\(index.url)|\(filter ? 1 : 0)|\(pattern)|") == "0|")
    }

    /// What the index says of a name.
    func locations(_ name: String) async throws -> String { try await ask("rli_get_lrc|\(name)|0|0|") }

    /// Whether the index comes to say that.
    func finds(_ name: String, at url: String) async throws -> Bool {
        try await eventually { try await self.locations(name) == "0|\(name)|\(url)||" }
    }

    func loses(_ name: String) async throws -> Bool {
        try await eventually { try await self.locations(name) == "12|\(name)|" }
    }

    /// How many of these names the index does not know.
    func missing(_ names: [String]) async throws -> Int {
        let reply = try await ask("rli_get_lrc_bulk|\(names.map { $0 + "|" }.joined())|")
        return reply.components(separatedBy: "|12|").count - 1
    }
}
