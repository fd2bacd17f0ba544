import Foundation
import RLSCore
import RLSTestSupport
import Testing

/// Bandwidth, tape and volumes that roll, as daemons and users see them.
@Suite struct ReplicationStorageTests {
    private let publisher: ReplicationSite
    private let reader: ReplicationSite

    init() async throws {
        publisher = try await ReplicationSite("publisher")
        reader = try await ReplicationSite("reader")
    }

    @Test(.timeLimit(.minutes(10))) func transfersThatAreOff() async throws {
        let files = SampleFile.some(3)
        let all = "subscription all : size >= 0"
        try await ReplicationSite.connect([publisher, reader], ["reader": [all, "bandwidth 1M", "bandwidth off"]])
        try await publisher.publish(files)
        #expect(
            try await eventually {
                try await self.reader.cycle()
                return try await self.reader.status().subscriptions[0].queued == files.count
            })
        #expect(reader.contents().isEmpty)
        #expect(try await reader.ldr("status").contains("transfers are off\n"))
        #expect(try await reader.ldr("explain", "file-0").contains("transfers are off\n"))
        try reader.configure(peers: [publisher], [all, "bandwidth 1M"])
        #expect(try await reader.ldr("status").contains("bandwidth: at most 1.0 MiB/s"))
        #expect(try await reader.comesToHave(files.count))
        #expect(reader.contents() == files)
    }

    /// The kernel ends the processes of a group that is stopped when nobody is left who could let them go on.
    @Test(.timeLimit(.minutes(10))) func noStoppedProgramIsLeftOfADaemonThatWasKilled() async throws {
        let lines = ["subscription all : size >= 0", "bandwidth 1M"]
        try await ReplicationSite.connect([publisher, reader], ["reader": lines])
        try await publisher.publish(["large": SampleFile.content("large", bytes: 24 << 20)])
        #expect(
            try await eventually {
                for daemon in ["metadata", "want", "schedule"] { try await self.reader.ldr(daemon, "--once") }
                return try await self.reader.status().subscriptions[0].queued == 1
            })
        let daemon = try await reader.daemon("transfer")
        var stopped: pid_t?
        #expect(
            try await eventually {
                stopped = Self.children(of: daemon.process).first { Self.state(of: $0) == "T" }
                return stopped != nil
            })
        let program = try #require(stopped)
        daemon.signal(SIGKILL)
        #expect(try await eventually { [nil, "Z"].contains(Self.state(of: program)) })
        #expect(reader.contents().isEmpty)
    }

    private static func children(of process: pid_t) -> [pid_t] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return tasks.flatMap { task in
            let text = try? String(contentsOfFile: "/proc/\(process)/task/\(task)/children", encoding: .utf8)
            return (text ?? "").split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
        }
    }

    /// One letter, as ps shows it; nil for a process that has gone.
    private static func state(of process: pid_t) -> String? {
        let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return text?.split(separator: ")").last?.split(separator: " ").first.map(String.init)
    }

    @Test(.timeLimit(.minutes(10))) func tapeThatHasToBeMounted() async throws {
        let files = SampleFile.some(3)
        try await ReplicationSite.connect([publisher, reader])
        try await publisher.publish(files)
        let copy = try #require(try await publisher.mappings().first)
        let prefix = copy.pfn.description.dropLast(copy.lfn.description.utf8.count + 1)
        let tape = publisher.directory.file("tape")
        try FileManager.default.moveItem(atPath: publisher.root, toPath: tape)
        try FileManager.default.createDirectory(atPath: publisher.root, withIntermediateDirectories: false)
        let script = try reader.directory.write(
            """
            #!/bin/sh
            name=${1##*/}
            echo >> "$0-$name"
            [ "$(wc -l < "$0-$name")" -gt 2 ] || exit 75
            cp "\(tape)/$name" "\(publisher.root)/new-$name" && mv "\(publisher.root)/new-$name" "\(publisher.root)/$name"
            """, to: "bring")
        chmod(script, 0o700)
        try reader.configure(
            peers: [publisher],
            ["subscription all : size >= 0", "stage_command \(prefix) \(script) %u", "stage_interval 1s"])
        let master = try await reader.master()
        #expect(
            try await eventually(seconds: 60) {
                try await self.reader.status().subscriptions.first?.present == files.count
            }, "\(master.errors)")
        #expect(reader.contents() == files)
        #expect(reader.directory.text("bring-file-0") == "\n\n\n")
        master.signal(SIGTERM)
        #expect(try await master.end(seconds: 30) == 0)
    }

    @Test(.timeLimit(.minutes(10))) func aVolumeThatRolls() async throws {
        let volume = 70_000
        // All of it changes in each round.
        let lines = ["subscription newest volume=\(volume) rolling : size >= 0", "reap_refusal 100"]
        try await ReplicationSite.connect([publisher, reader], ["reader": lines])
        let master = try await reader.master()
        var last: [String: Data] = [:]
        for round in 0..<3 {
            last = SampleFile.some(3, "round-\(round)")
            try await publisher.publish(last)
            var most = 0
            #expect(
                try await eventually(seconds: 60) {
                    let here = self.reader.contents()
                    most = max(most, here.values.reduce(0) { $0 + $1.count })
                    return here == last
                }, "\(master.errors)")
            #expect(most <= volume)
        }
        #expect(
            try await eventually {
                try await self.reader.mappings().map(\.lfn.description).sorted() == last.keys.sorted()
            })
        #expect(try await reader.status().present == last.count)
        master.signal(SIGTERM)
        #expect(try await master.end(seconds: 30) == 0)
    }
}
