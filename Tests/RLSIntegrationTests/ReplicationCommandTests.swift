import Foundation
import RLSCore
import RLSTestSupport
import Testing

/// What `ldr` tells of a site.
@Suite struct ReplicationCommandTests {
    private let publisher: ReplicationSite
    private let reader: ReplicationSite

    init() async throws {
        publisher = try await ReplicationSite("publisher")
        reader = try await ReplicationSite("reader")
        let lines = ["subscription small priority=70 : size < 1000 and lfn like 'wanted%'"]
        try await ReplicationSite.connect([publisher, reader], ["reader": lines])
    }

    @Test(.timeLimit(.minutes(10))) func commandsTellWhatIsSo() async throws {
        let wanted = SampleFile.some(3, "wanted", bytes: 100)
        try await publisher.publish(wanted.merging(SampleFile.some(1, "other", bytes: 100)) { $1 }, collection: "set")
        #expect(try await reader.comesToHave(3))

        let status = try await reader.status()
        #expect(status.site == "reader" && status.files == 4)
        #expect(status.subscriptions.map(\.name) == ["small"] && status.subscriptions[0].wanted == 3)
        #expect(status.sources.map(\.succeeded) == [3] && status.sources.allSatisfy { $0.error == nil })
        #expect(status.peers.map(\.site) == ["publisher"] && status.peers.allSatisfy { $0.error == nil })
        #expect(try await reader.ldr("status").contains("small"))

        let here = try await reader.ldr("explain", "wanted-1")
        #expect(
            here.contains("wanted: by small") && here.contains("state: here") && here.contains("publisher=publisher"))
        #expect(try await reader.ldr("explain", "other-0").contains("small: does not match"))
        #expect(try await reader.ldr("explain", "nothing").contains("this site does not know the file"))

        let found = try await reader.ldr("find", "collection = 'set'", "--sort", "lfn", "--limit", "2", "--offset", "1")
        #expect(found == "wanted-0\nwanted-1\n")
        let urls = try await reader.ldr("find", "lfn = 'wanted-2'", "--show", "urls").split(separator: "\n")
        let own = try await reader.mappings().first { $0.lfn == "wanted-2" }?.pfn.description
        #expect(urls.count == 2 && urls.first.map(String.init) == own)
        try await checkLines(wanted)
    }

    private struct Line: Decodable {
        let lfn: String
        let event: String?
        let failure: String?
        let bytes: Int64?
    }

    private func lines(_ text: String) throws -> [Line] {
        try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    private func checkLines(_ wanted: [String: Data]) async throws {
        let history = try lines(try await reader.ldr("history", "--json"))
        #expect(history.map(\.lfn).sorted() == wanted.keys.sorted())
        #expect(history.allSatisfy { $0.failure == nil && Int($0.bytes ?? 0) == wanted[$0.lfn]?.count })
        let events = try lines(try await reader.ldr("events"))
        #expect(events.filter { $0.event == "transferred" }.map(\.lfn).sorted() == wanted.keys.sorted())
        let published = try lines(try await publisher.ldr("events")).filter { $0.event == "published" }
        #expect(published.count == 4)
        #expect(try lines(try await reader.ldr("find", "size > 0", "--json")).count == 4)
    }
}

/// What is wrong with a configuration is told with its file and line.
@Suite struct ReplicationConfigurationTests {
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            ("sitename x", "ldr.conf:2: unknown keyword `sitename`"),
            ("interval soon", "ldr.conf:2: `interval`: soon: expected a number from 1 to 86400"),
            ("partition a relative http://h/x", "ldr.conf:2: `partition`: relative: expected a path"),
            ("subscription all priority=9 size >", "ldr.conf:2: `subscription`: expected `:`"),
            ("subscription all : size >", "ldr.conf:2: `subscription`:"),
            ("peer p nowhere", "ldr.conf:2: `peer`: nowhere: expected a URL"),
            ("site again", "ldr.conf:2: `site` was set in line 1 already"),
            ("lrc http://host", "ldr.conf:2: `lrc`: http://host: expected rls://"),
            ("name_rule (", "ldr.conf:2: `name_rule`"), ("layout {lfn", "ldr.conf:2: `layout`"),
            ("verify_rate much", "ldr.conf:2: `verify_rate`"),
        ])
    func wrongLinesAreNamed(line: String, message: String) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("site here\n\(line)\ndirectory \(directory.path)/state\n", to: "ldr.conf")
        let outcome = try await Program.ldr.run(["check", "-c", file])
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    /// What is wrong is said of each thing, and the other things are tried nevertheless.
    @Test(.timeLimit(.minutes(10)))
    func whatIsMissingIsNamed() async throws {
        let directory = try TemporaryDirectory()
        for name in ["files", "peer"] {
            try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: false)
        }
        let file = try directory.write(
            """
            site here
            directory \(directory.path)/state
            lrc rlsn://127.0.0.1:1
            partition good \(directory.file("files")) http://localhost/files
            partition gone \(directory.file("gone")) http://localhost/gone
            peer other file://\(directory.file("peer"))
            transfer_command root no-such-program %u %p
            transfer_command srm "/bin/sh" %u %p
            stage_command gsiftp://tape/ "/no such/bring-online" %u
            """, to: "ldr.conf")
        let outcome = try await Program.ldr.run(["check", "-c", file])
        #expect(outcome.status == 1)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("ok     partition good") })
        #expect(lines.contains { $0.hasPrefix("ok     metadata, of which there are none yet") })
        #expect(lines.contains { $0.hasPrefix("ok     program /bin/sh") }, "\(outcome.output)")
        let missing = ["no-such-program", "/no such/bring-online"].map { "program " + $0 }
        for what in missing + ["partition gone", "catalog rlsn://127.0.0.1:1", "log of other"] {
            #expect(lines.contains { $0.hasPrefix("WRONG  " + what) }, "\(what) in \(outcome.output)")
        }
        #expect(try await Program.ldr.run(["check", "--offline", "-c", file]).status == 0)
    }
}
