import Foundation
import LDR
import NIOConcurrencyHelpers
import RLSCore
import RLSTestSupport
import Testing

/// A source's directory, a partition, and what became of transfers between them.
final class TransferFixture: Sendable {
    let directory: TemporaryDirectory
    let incoming: IncomingDirectory
    let landing = Landing()
    /// Requests whose files were said to be written from beginning to end.
    var begun: [Int] { begins.withLockedValue { $0 } }
    private let begins = NIOLockedValueBox<[Int]>([])

    var source: String { directory.file("source") }
    var root: String { directory.file("partition") }

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["source", "partition"] {
            try FileManager.default.createDirectory(
                atPath: directory.file(name), withIntermediateDirectories: false)
        }
        incoming = IncomingDirectory(root: directory.file("partition"))
        try incoming.prepare()
    }

    /// Puts a file into the source's directory.
    func publish(_ name: String, _ content: [UInt8]) throws -> FileRecord {
        try Data(content).write(to: URL(fileURLWithPath: "\(source)/\(name)"))
        return try record(name)
    }

    /// A large file, mostly of zeros, which takes no room. Its digest takes seconds on a busy machine.
    func publish(_ name: String, megabytes: Int) async throws -> FileRecord {
        try await blocking { [self] in
            try make(name, megabytes)
            return try record(name)
        }
    }

    private func make(_ name: String, _ megabytes: Int) throws {
        let path = "\(source)/\(name)"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try #require(FileHandle(forWritingAtPath: path))
        for part in 0..<4 {
            try file.seek(toOffset: UInt64(part * megabytes << 18))
            try file.write(contentsOf: Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* (part + 3) >> 2) }))
        }
        try file.truncate(atOffset: UInt64(megabytes << 20))
        try file.close()
    }

    private func record(_ name: String) throws -> FileRecord {
        let (size, checksums) = try ContentDigest.of(path: "\(source)/\(name)", kinds: [.adler32, .md5])
        return FileRecord(lfn: ByteString(name), size: size, checksums: checksums)
    }

    func request(_ id: Int, _ url: String, _ record: FileRecord) -> TransferRequest {
        TransferRequest(id: id, source: ByteString(url), destination: incoming.file(of: id), expected: record)
    }

    /// - Returns: the outcome of each request, of which there must be one
    func run(
        _ tool: any TransferTool, _ requests: [TransferRequest], _ settings: TransferSettings = TransferSettings()
    ) async -> [Int: TransferOutcome] {
        let outcomes = NIOLockedValueBox<[Int: [TransferOutcome]]>([:])
        await tool.run(
            requests, settings,
            began: { [begins] request in begins.withLockedValue { $0.append(request.id) } },
            finished: { request, outcome in
                outcomes.withLockedValue { $0[request.id, default: []].append(outcome) }
            })
        let all = outcomes.withLockedValue { $0 }
        #expect(all.count == requests.count)
        #expect(all.values.allSatisfy { $0.count == 1 })
        return all.compactMapValues(\.first)
    }

    func land(_ request: TransferRequest, _ name: ByteString) async throws -> Landing.Landed {
        try await landing.land(request, root: root, name: name)
    }

    func size(_ id: Int) -> Int64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: incoming.file(of: id))
        return (attributes?[.size] as? NSNumber)?.int64Value ?? -1
    }

    var landed: [String] {
        (FileManager.default.subpaths(atPath: root) ?? []).filter { !$0.hasPrefix(IncomingDirectory.name) }.sorted()
    }
}

extension TransferOutcome {
    var kind: TransferFailure.Kind? { failure?.kind }
    var bytes: Int64? { if case .success(let bytes, _) = self { bytes } else { nil } }
}

extension GridFTPServer {
    /// As Alice, whom it knows.
    var settings: TransferSettings {
        var settings = TransferSettings()
        settings.proxy = authority.proxy("alice-rfc")
        settings.authorities = authority.file("certificates")
        return settings
    }
}
