import Foundation
import NIOConcurrencyHelpers
import RLSClient
import RLSCore
import RLSTestSupport

/// A site that publishes or subscribes: a catalog and index, a server of its files, and `ldr` as users and masters run it.
final class ReplicationSite: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    enum Access {
        /// The prefix of the web server says how it behaves with files; with logs it behaves well.
        case web(String = "files")
        /// With a catalog that asks for certificates.
        case gridFTP
        /// The same, with files over HTTP.
        case webWithCertificates
    }

    let name: String
    let directory: TemporaryDirectory
    private let access: Access
    private let index: TemporaryDirectory
    private let catalogLines: [String]
    /// Programs that end with the site.
    private let servers: NIOLockedValueBox<(catalog: ServerProcess, files: any FileServer)>
    /// Of the directory, for copies and for logs.
    private let filesURL: String
    private let logURL: String
    let environment: [String: String]
    /// Keywords of where the metadata are.
    private let metadata: [String]

    var server: ServerProcess { servers.withLockedValue { $0.catalog } }
    var root: String { directory.file("files") }
    var configuration: String { directory.file("ldr.conf") }

    /// - Parameter backend: of the metadata, which are in one database with the index where both are in one
    init(_ name: String, _ access: Access = .web(), metadata backend: CatalogBackend = .current) async throws {
        (self.name, self.access) = (name, access)
        directory = try TemporaryDirectory()
        index = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.file("files"), withIntermediateDirectories: false)
        catalogLines = try await CatalogBackend.current.indexLines(in: index) + Site.quick
        metadata = backend == .sqlite ? [] : ["metadata \(try await backend.url(in: index))"]
        environment = try await TestAuthority.shared.environment()
        let catalog = try await Self.catalog(access, catalogLines)
        switch access {
        case .gridFTP:
            let grid = try await GridFTPServer()
            servers = NIOLockedValueBox((catalog, grid))
            (filesURL, logURL) = (grid.url(directory.file("files")), grid.url(directory.file("log/\(name)")))
        case .web, .webWithCertificates:
            let web = try await WebServer(directory.path)
            let mode = if case .web(let mode) = access { mode } else { "files" }
            servers = NIOLockedValueBox((catalog, web))
            (filesURL, logURL) = (web.url("\(mode)/files"), web.url("files/log/\(name)"))
        }
    }

    private static func catalog(
        _ access: Access, _ lines: [String], in directory: TemporaryDirectory? = nil
    ) async throws -> ServerProcess {
        if case .web = access { return try await ServerProcess.start(lines, in: directory) }
        return try await ServerProcess.startGSI(lines + acl, in: directory)
    }

    // MARK: Servers that fail

    func killCatalog() async { await server.killHard() }

    /// On its port, with its files.
    func restartCatalog() async throws {
        let before = server
        let after = try await Self.catalog(access, catalogLines + ["port \(before.port)"], in: before.directory)
        servers.withLockedValue { $0.catalog = after }
    }

    /// As after a loss of the database: on its port, without anything that it had, and nobody tells the indexes.
    func replaceCatalog() async throws {
        await killCatalog()
        let fresh = try TemporaryDirectory()
        let lines = try await CatalogBackend.current.indexLines(in: fresh) + ["port \(server.port)"]
        let after = try await Self.catalog(access, Site.quick + lines, in: fresh)
        servers.withLockedValue { $0.catalog = after }
    }

    func killFileServer() { servers.withLockedValue { $0.files }.kill() }

    /// Killed, and its port can be taken.
    func endFileServer() async throws { try await servers.withLockedValue { $0.files }.end() }

    func restartFileServer() async throws {
        let port = servers.withLockedValue { $0.files }.port
        let after: any FileServer =
            if case .gridFTP = access {
                try await GridFTPServer(port: port)
            } else {
                try await WebServer(directory.path, port: port)
            }
        servers.withLockedValue { $0.files = after }
    }

    private static let acl = ["Alice", "host/localhost"].map { "acl ^/O=Grid/OU=Test/CN=\($0)$: all" }

    /// Each catalog tells every index; each site follows the logs of the others.
    static func connect(_ sites: [ReplicationSite], _ lines: [String: [String]] = [:]) async throws {
        for site in sites {
            for other in sites {
                let outcome = try await site.server.admin("-a", other.server.url)
                guard outcome.status == 0 else { throw Failure(description: outcome.errors) }
            }
            try site.configure(peers: sites.filter { $0.name != site.name }, lines[site.name] ?? [])
        }
    }

    func configure(peers: [ReplicationSite], _ lines: [String], partition: String = "") throws {
        let common = [
            "site \(name)", "directory \(directory.file("state"))", "lrc \(server.url)", "rli \(server.url)",
            "partition main \(root) \(filesURL) \(partition)", "log_directory \(directory.file("log"))", "interval 1",
        ]
        let logs = peers.map { "peer \($0.name) \($0.logURL)" }
        try directory.write((common + metadata + logs + lines).joined(separator: "\n") + "\n", to: "ldr.conf")
    }

    // MARK: Programs

    func run(_ words: [String]) async throws -> Program.Outcome {
        // Thousands of files take their time, while others have the processors.
        try await Program.ldr.executable.run(
            [words[0], "-c", configuration] + words.dropFirst(), environment: environment, seconds: 300)
    }

    /// - Returns: what it printed; anything but success is an error
    @discardableResult func ldr(_ words: String...) async throws -> String {
        let outcome = try await run(words)
        guard outcome.status == 0 else {
            throw Failure(description: "\(name): ldr \(words): \(outcome.status)\n\(outcome.output)\(outcome.errors)")
        }
        return outcome.output
    }

    func master() async throws -> RunningProgram { try await daemon("master") }

    func daemon(_ name: String) async throws -> RunningProgram {
        try await Program.ldr.executable.start([name, "-c", configuration], environment: environment)
    }

    /// One pass of each daemon of a subscriber, now, whatever has failed before.
    func cycle() async throws {
        for daemon in ["metadata", "want"] { try await ldr(daemon, "--once") }
        try await ldr("retry")
        for daemon in ["schedule", "transfer"] { try await ldr(daemon, "--once") }
    }

    /// Whether so many files are here after some passes.
    func comesToHave(_ count: Int, seconds: Double = 20) async throws -> Bool {
        let isSo = try await eventually(seconds: seconds) {
            try await self.cycle()
            return try await self.status().present == count
        }
        if !isSo { print(try await ldr("status"), try await ldr("history")) }
        return isSo
    }

    // MARK: Publishing

    /// Puts files into the partition and publishes them.
    ///
    /// - Parameter isMastered: the log is written by a daemon that runs
    func publish(_ contents: [String: Data], collection: String = "", isMastered: Bool = false) async throws {
        let paths = try contents.map { try write($1, to: $0) }.sorted()
        try await publish(words: ["--collection", collection] + paths)
        if !isMastered { try await ldr("metadata", "--once") }
    }

    func publish(words: [String]) async throws {
        let outcome = try await run(["publish"] + words)
        guard outcome.status == 0 else { throw Failure(description: outcome.output + outcome.errors) }
    }

    /// - Parameter name: path below the partition
    @discardableResult func write(_ content: Data, to name: String) throws -> String {
        let path = root + "/" + name
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try content.write(to: URL(fileURLWithPath: path))
        return path
    }

    func publish(manifest: String) async throws {
        let path = try directory.write(manifest, to: "manifest")
        try await publish(words: ["--manifest", path])
        try await ldr("metadata", "--once")
    }

    // MARK: Looking

    struct Status: Decodable {
        struct Subscription: Decodable {
            let name: String
            let wanted, present, queued, active, missing, stuck, held: Int
        }
        struct Source: Decodable {
            let name: String
            let succeeded, failed: Int
            let error: String?
        }
        struct Peer: Decodable {
            let site: String
            let error: String?
        }
        let site: String
        let files: Int
        let subscriptions: [Subscription]
        let sources: [Source]
        let peers: [Peer]

        var present: Int { subscriptions.reduce(0) { $0 + $1.present } }
    }

    func status() async throws -> Status {
        try JSONDecoder().decode(Status.self, from: Data(try await ldr("status", "--json").utf8))
    }

    func mappings() async throws -> [Mapping] {
        let client = try await server.connect()
        do {
            let all = try await client.mappings(matching: SQLPattern("%"), by: .lfn, limit: 1_000)
            await client.connection.close()
            return all
        } catch let error as CatalogError where error.code == .lfnNotFound {
            await client.connection.close()
            return []
        }
    }

    /// What stands under final names, by the path below the partition.
    func contents() -> [String: Data] {
        var found: [String: Data] = [:]
        for name in FileManager.default.subpaths(atPath: root) ?? [] where !name.hasPrefix(".ldr-") {
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: root + "/" + name, isDirectory: &isDirectory)
            if !isDirectory.boolValue { found[name] = FileManager.default.contents(atPath: root + "/" + name) }
        }
        return found
    }

    /// Of files that are on their way here.
    var partialSizes: [Int] {
        let directory = root + "/.ldr-incoming"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.compactMap { name in
            var status = stat()
            return stat("\(directory)/\(name)", &status) == 0 ? Int(status.st_size) : nil
        }
    }

    /// Below the partition: what is neither in its place nor removed.
    func leftovers(in name: String = ".ldr-incoming") -> [String] {
        (try? FileManager.default.subpathsOfDirectory(atPath: root + "/" + name)) ?? []
    }
}

/// Files of a test, whose content follows from their names.
enum SampleFile {
    static func content(_ name: String, bytes: Int) -> Data {
        var generator = SeededGenerator(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        var data = Data(capacity: bytes + 8)
        while data.count < bytes { withUnsafeBytes(of: generator.next()) { data.append(contentsOf: $0) } }
        return data.prefix(bytes)
    }

    /// Soon made: almost all of it is zeros.
    static func large(_ name: String, megabytes: Int) -> Data {
        var data = Data(count: megabytes << 20)
        for part in 0..<megabytes {
            let begin = part << 20
            data.replaceSubrange(begin..<begin + 1_000, with: content("\(name) \(part)", bytes: 1_000))
        }
        return data
    }

    static func some(_ count: Int, _ prefix: String = "file", bytes: Int = 20_000) -> [String: Data] {
        let names = (0..<count).map { "\(prefix)-\($0)" }
        return Dictionary(uniqueKeysWithValues: names.map { ($0, content($0, bytes: bytes + $0.utf8.count)) })
    }
}
