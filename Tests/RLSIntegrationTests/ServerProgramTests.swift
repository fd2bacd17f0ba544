import Foundation
import RLSClient
import RLSCore
import RLSTestSupport
import Testing

/// rls-server as an operator meets it: configuration, signals, exit status.
@Suite struct ServerProgramTests {
    @Test func stopsWithinFiveSecondsAndRemovesItsPidFile() async throws {
        let server = try await ServerProcess.start()
        #expect(FileManager.default.fileExists(atPath: server.directory.file("server.pid")))
        let client = try await server.connect()
        try await client.create(Mapping(lfn: "a", pfn: "b"))
        let end = await server.stop()
        #expect(end.status == 0)
        #expect(end.seconds < Patience.seconds(5))
        #expect(!FileManager.default.fileExists(atPath: server.directory.file("server.pid")))
        // SQLite's log has been merged into the database.
        let wal = try? FileManager.default.attributesOfItem(atPath: server.database + "-wal")[.size] as? Int
        #expect(wal ?? 0 == 0)
    }

    @Test func rereadsAccessLinesOnHangup() async throws {
        let server = try await ServerProcess.start()
        let client = try await server.connect()
        try await client.create(Mapping(lfn: "a", pfn: "b"))
        let file = server.directory.file("server.conf")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try server.directory.write(text + "acl ^anonymous$: lrc_read\n", to: "server.conf")
        server.signal(SIGHUP)
        #expect(await server.waitForLog("configuration reread"))
        await #expect(throws: CatalogError(.permission, "lrc_create")) {
            try await client.create(Mapping(lfn: "c", pfn: "d"))
        }
        #expect(try await client.mappings(of: .lfn, "a").count == 1)
        try server.directory.write(text + "nonsense 1\n", to: "server.conf")
        server.signal(SIGHUP)
        #expect(await server.waitForLog("the old one stays"))
        #expect(try await client.mappings(of: .lfn, "a").count == 1)
    }

    private func refusal(_ configuration: String) async throws -> Program.Outcome {
        let directory = try TemporaryDirectory()
        let text = configuration.replacing("DIR", with: directory.path)
        let file = try directory.write(text, to: "server.conf")
        return try await Program.server.run(["-c", file, "-d"], environment: ["RLS_DATA": directory.path])
    }

    @Test(arguments: [
        ("lrc_server true\nauthentication false\nprot 5\n", "server.conf:3: unknown keyword `prot`"),
        ("lrc_server true\nport 70000\n", "server.conf:2: `port`: expected a number"),
        ("authentication false\n", "nothing to serve"),
        ("lrc_server true\nrlscertfile DIR/c.pem\nrlskeyfile DIR/k.pem\n", "c.pem: No such file"),
        ("lrc_server true\nrlscertfile DIR/c.pem\n", "rlscertfile and rlskeyfile belong together"),
        ("lrc_server true\ngridmap DIR/none\n", "none: No such file"),
        ("lrc_server true\nauthentication false\nlisten_address 0.0.0.0\n", "insecure_listen_anywhere true"),
        ("lrc_server true\nauthentication false\nacl anonymous lrc_read\n", "expected `user: right"),
        ("lrc_server true\nauthentication false\nlrc_db_url mysql:x\n", "expected sqlite:PATH"),
    ])
    func wrongConfiguration(text: String, complaint: String) async throws {
        let outcome = try await refusal(text)
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains(complaint), "\(outcome.errors)")
    }

    @Test func damagedDatabase() async throws {
        let directory = try TemporaryDirectory()
        try directory.write(String(repeating: "no database ", count: 1_000), to: "lrc.db")
        let outcome = try await Program.server.run(
            ["-d", "--set", "port=0"], environment: ["RLS_DATA": directory.path])
        #expect(outcome.status == 74)
        #expect(outcome.errors.contains(directory.file("lrc.db")))
    }

    @Test func portInUse() async throws {
        let server = try await ServerProcess.start()
        let outcome = try await refusal(
            "lrc_server true\nauthentication false\nport \(server.port)\nlrc_db_url sqlite:DIR/lrc.db\n")
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("cannot listen on 127.0.0.1 port \(server.port)"))
    }

    @Test func withoutConfigurationItServesTheUser() async throws {
        let directory = try TemporaryDirectory()
        let environment = ["RLS_DATA": directory.path]
        let pid = directory.file("pid")
        let started = try await Program.server.run(["--set", "port=0", "-p", pid], environment: environment)
        #expect(started.status == 0, "\(started.output)")
        let number = try #require(started.output.firstMatch(of: /process (\d+)/).flatMap { Int32($0.1) })
        defer { kill(number, SIGTERM) }
        let log = try String(contentsOfFile: directory.file("rls-server.log"), encoding: .utf8)
        #expect(log.contains("no configuration file"))
        #expect(log.contains("address=127.0.0.1:"))
        #expect(FileManager.default.fileExists(atPath: directory.file("lrc.db")))
    }

    @Test func exampleConfigurationIsPrinted() async throws {
        let outcome = try await Program.server.run(["--print-configuration"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("#lrc_db_url"))
    }
}
