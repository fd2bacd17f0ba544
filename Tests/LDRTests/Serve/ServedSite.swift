import Foundation
import Logging
import RLSCore
import RLSStorageSQLite
import RLSTestSupport

@testable import LDR
@testable import LDRCommands

/// A site with a few files, and its HTTP server on a port that was free.
final class ServedSite: Sendable {
    let directory: TemporaryDirectory
    let configuration: SiteConfiguration
    let port: Int
    private let server: Task<Void, any Error>
    private let curl: Executable

    /// - Parameter idle: seconds
    init(idle: Double = 60) async throws {
        directory = try TemporaryDirectory()
        curl = try NeededProgram.path("curl", package: "curl")
        var site = SiteConfiguration()
        (site.site, site.directory) = ("cit", directory.path)
        configuration = site
        try Self.fill(SitePlaces(site))
        let (ports, feed) = AsyncStream.makeStream(of: Int.self)
        server = Task {
            defer { feed.finish() }
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let server = SiteServer(site: site, address: WebAddress(port: 0), logger: logger, idle: idle)
            try await server.run { feed.yield($0) }
        }
        guard let port = await ports.first(where: { _ in true }) else {
            throw TransferFailure(.localError, "the server did not start: \(await server.result)")
        }
        self.port = port
    }

    deinit { server.cancel() }

    /// Returns when the server has ended.
    func stop() async throws {
        server.cancel()
        try await server.value
    }

    private static func fill(_ places: SitePlaces) throws {
        let store = try MetadataStore(path: places.metadata, site: "cit")
        _ = try store.publish(
            (0..<5).map { .sample("f\($0) <&\">", size: Int64(10 + $0)) })
        try store.noteFailure(of: "han", "is down")
        let work = try WorkStore(path: places.work)
        try work.adopt([.named("all\u{e4}"), .named("other", "lfn = 'x'")])
        let now = WorkStore.now
        try work.file.connection.execute(
            """
            INSERT INTO want (lfn, size, subscriptions, queue, state, since) VALUES
                (x'66', 5, 1, 0, 3, \(now - 60_000)), (x'67', 7, 1, 0, 0, \(now - 60_000)), (x'68', 9, 1, 0, 6, 0)
            """)
        guard let want = try work.want(of: "f"), let other = try work.want(of: "g") else { return }
        let source = "gsiftp://han:2811\"<b>"
        try work.finish(
            [
                TransferResult(want, source: source, url: "gsiftp://han/f", began: now - 9, ended: now, bytes: 5),
                TransferResult(
                    other, source: source, url: "gsiftp://han/g", began: now - 9, ended: now, bytes: 0,
                    failure: ("missing", "no such file"), isSourceFault: true),
            ], attempts: 3)
    }

    /// - Returns: the status, the headers and the body
    func get(_ path: String, _ options: [String] = []) async throws -> (status: Int, head: String, body: String) {
        let limit = "\(Int(Patience.seconds(60)))"
        let outcome = try await curl.run(["-sS", "-m", limit, "-i"] + options + ["http://127.0.0.1:\(port)\(path)"])
        guard let end = outcome.output.firstRange(of: "\r\n\r\n") else { return (0, outcome.errors, "") }
        let head = String(outcome.output[..<end.lowerBound])
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return (status ?? 0, head, String(outcome.output[end.upperBound...]))
    }

    func follow(_ options: [String] = []) async throws -> RunningProgram {
        try await curl.start(["-sSN"] + options + ["http://127.0.0.1:\(port)/events"])
    }
}
