import Foundation
import RLSCore
import RLSTestSupport
import Testing

/// Many files, and large ones, over GridFTP.
@Suite(.serialized) struct ReplicationBulkTests {
    /// A run that kills for long has time for more.
    private static let isLong = ProcessInfo.processInfo.environment["RLS_KILL_SECONDS"] != nil

    private static let lines = ["subscription all : size >= 0", "stall_time 20"]

    private let publisher: ReplicationSite
    private let reader: ReplicationSite

    init() async throws {
        publisher = try await ReplicationSite("publisher", .gridFTP)
        reader = try await ReplicationSite("reader", .gridFTP)
        try await ReplicationSite.connect([publisher, reader], ["reader": Self.lines])
    }

    private func publishAll() async throws {
        try await publisher.publish(words: ["--collection", "bulk", publisher.root])
        try await publisher.ldr("metadata", "--once")
        for daemon in ["metadata", "want"] { try await reader.ldr(daemon, "--once") }
    }

    private func isQueued(_ count: Int) async throws -> Bool {
        try await eventually {
            try await reader.ldr("retry")
            try await reader.ldr("schedule", "--once")
            return try await reader.status().subscriptions[0].queued == count
        }
    }

    @Test(.timeLimit(.minutes(10))) func thousandsOfSmallFilesCome() async throws {
        let count = Self.isLong ? 10_000 : 2_000
        let block = SampleFile.content("block", bytes: 20_000)
        var files: [String: Data] = [:]
        for number in 0..<count {
            let name = "small-\(number)"
            let size = 200 + number * 7_919 % (number % 10 == 0 ? 9_800 : 1_000)
            files[name] = Data(name.utf8) + block[number..<number + size]
        }
        for (name, content) in files { try content.write(to: URL(fileURLWithPath: "\(publisher.root)/\(name)")) }
        try await publishAll()
        #expect(try await isQueued(count))
        try await reader.ldr("transfer", "--once")
        let status = try await reader.status()
        #expect(status.present == count && status.sources.map(\.failed) == [0])
        #expect(reader.contents() == files)
        let mappings = try await reader.mappings()
        #expect(mappings.count == count && Set(mappings.map(\.lfn.description)) == Set(files.keys))
        #expect(reader.leftovers() == [])
    }

    @Test(.timeLimit(.minutes(10))) func largeFilesGoOnWhereTheirServerWasKilled() async throws {
        let size = Self.isLong ? 1_000_000_000 : 200_000_000
        let names = (0..<3).map { "large-\($0)" }
        for name in names { try makeFile(name, size) }
        try await publishAll()
        #expect(try await isQueued(names.count))
        // Not so fast that all of it is here before anybody looks.
        try reader.configure(peers: [publisher], Self.lines + ["bandwidth 64M"])
        let running = Task { [reader] in try await reader.run(["transfer", "--once"]) }
        let part = try await killFileServer(within: size)
        #expect(part > size / 8 && part < size)
        #expect(try await running.value.status == 0)
        #expect(try await reader.status().present < names.count)
        try reader.configure(peers: [publisher], Self.lines)
        try await publisher.endFileServer()
        try await publisher.restartFileServer()

        let isComplete = try await eventually(seconds: 60) {
            try await reader.cycle()
            return try await reader.status().present == names.count
        }
        let history = try await reader.ldr("history", "--json")
        #expect(isComplete, "\(history)")
        try checkResumption(history, size)
        let cmp = try NeededProgram.path("cmp", package: "diffutils")
        for name in names {
            #expect(try await cmp.run([publisher.root + "/" + name, reader.root + "/" + name]).status == 0)
        }
        #expect(reader.leftovers() == [])
    }

    /// Mostly zeros, which take no room where they are published.
    private func makeFile(_ name: String, _ size: Int) throws {
        let path = try publisher.write(SampleFile.content(name, bytes: 1_000), to: name)
        let file = try #require(FileHandle(forWritingAtPath: path))
        for part in 1..<8 {
            try file.seek(toOffset: UInt64(part * size / 8))
            try file.write(contentsOf: SampleFile.content("\(name) \(part)", bytes: 100_000))
        }
        try file.truncate(atOffset: UInt64(size))
        try file.close()
    }

    /// - Returns: the size of the first partial file that is so far that it will be continued, and not yet complete
    private func killFileServer(within whole: Int) async throws -> Int {
        try await blocking { [self] in
            let end = ContinuousClock.now + .seconds(Patience.seconds(20))
            while ContinuousClock.now < end {
                if let part = reader.partialSizes.first(where: { whole / 8 < $0 && $0 < whole * 3 / 4 }) {
                    publisher.killFileServer()
                    return part
                }
                usleep(1_000)
            }
            return 0
        }
    }

    private struct Line: Decodable {
        let lfn: String
        let failure: String?
        let bytes: Int
    }

    /// One that was cut off came with less than all of its bytes, and none came twice.
    private func checkResumption(_ history: String, _ size: Int) throws {
        let lines = try history.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        let done = lines.filter { $0.failure == nil }
        let cut = Set(lines.filter { $0.failure != nil }.map(\.lfn))
        #expect(done.count == 3 && !cut.isEmpty, "\(history)")
        #expect(done.contains { cut.contains($0.lfn) && $0.bytes < size }, "\(history)")
        #expect(done.allSatisfy { $0.bytes <= size })
    }
}
