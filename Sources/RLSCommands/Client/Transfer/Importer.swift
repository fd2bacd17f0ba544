import Foundation
import RLSClient
import RLSCore
import RLSWire

/// Reads records, makes them exist on the server, reports every line that could not be.
final class Importer {
    /// Batches on their way: enough to keep the server's commits full, few enough to stay small.
    private static let window = 6

    struct Summary {
        var lines = 0
        var records = 0
        var values = 0
        var badLines = 0
        var refused = 0
        /// Everything up to this line has been answered.
        var committedLine = 0
        var seconds = 0.0
    }

    private let session: CLISession
    private let reader: LineReader
    private let parser: RecordParser
    private let path: String
    private let options: TransferOptions
    private let progress: ProgressLine
    private let began = ContinuousClock.now
    private let interruption = Interruption()
    private var client: CatalogClient
    private var sender: any BatchSender
    private var types = AttributeTypes()
    private var flying: [(batch: ImportBatch, task: Task<[ImportRefusal], any Error>)] = []
    private(set) var summary = Summary()

    init(_ path: String, session: CLISession) async throws {
        self.session = session
        self.path = path
        options = session.settings.transfer
        reader = try LineReader(path)
        parser = RecordParser(format: options.format(of: path))
        progress = ProgressLine(totalBytes: reader.totalBytes)
        client = try await session.client
        if try await client.capabilities()?.contains(Methods.ensureBulk.name) ?? false {
            sender = EnsureSender(connection: client.connection)
        } else {
            await session.disconnect()
            client = try await session.client
            sender = LegacySender(client: client)
        }
        for kind in NameKind.allCases {
            for known in try await client.definitions(of: kind) { types[kind, known.name] = known.type }
        }
    }

    /// - Throws: when the import had to stop; the message says where to go on
    func run() async throws {
        summary.committedLine = options.startLine - 1
        do {
            try await sendAll()
            while !flying.isEmpty { try await land() }
        } catch {
            // What was sent may have been done: wait for the answers that still come.
            while !flying.isEmpty { try? await land() }
            finish()
            let next = summary.committedLine + 1
            throw ImportStopped(
                description:
                    "\(error)\nimport stopped; all lines before \(next) are done: go on with --start-line \(next)")
        }
        finish()
        if summary.badLines + summary.refused > 0 { throw PartialFailure() }
    }

    private func sendAll() async throws {
        var batch = ImportBatch()
        while let line = try reader.next() {
            summary.lines += 1
            if summary.lines < options.startLine { continue }
            try add(line, to: &batch)
            batch.lastLine = summary.lines
            if batch.isFull {
                try await send(batch)
                batch = ImportBatch()
                progress.show(lines: summary.lines, bytes: reader.bytesRead)
                if interruption.isRequested { throw ImportStopped(description: "interrupted") }
            }
        }
        batch.lastLine = summary.lines
        try await send(batch)
    }

    private func add(_ line: ArraySlice<UInt8>?, to batch: inout ImportBatch) throws {
        do throws(BadLine) {
            guard let line else { throw BadLine("longer than a record can be") }
            guard let record = try parser.parse(line) else { return }
            batch.append(record, line: summary.lines)
        } catch {
            progress.clear()
            if options.isStrict { throw ImportStopped(description: "\(path):\(summary.lines): \(error)") }
            summary.badLines += 1
            session.output.error("\(path):\(summary.lines): \(error); skipped")
        }
    }

    private func send(_ batch: ImportBatch) async throws {
        if !batch.isEmpty {
            try await defineMissing(batch)
            if flying.count == Self.window { try await land() }
        }
        let task = batch.isEmpty ? Task { [] } : sender.send(batch, types: types)
        flying.append((batch, task))
        // Requests of the original kind follow one another; nothing is gained by overlapping them.
        if sender is LegacySender { try await land() }
    }

    /// An attribute nobody has defined gets the type that is given or that its first value looks like.
    private func defineMissing(_ batch: ImportBatch) async throws {
        for word in batch.records.lazy.flatMap(\.attributes) where types[word.kind, word.name] == nil {
            let definition = AttributeDefinition(name: word.name, kind: word.kind, type: word.type ?? word.likelyType)
            do {
                try await client.define(definition)
                progress.clear()
                session.output.error("defined attribute \(word.name) of \(word.kind.label) as \(definition.type.name)")
                types[word.kind, word.name] = definition.type
            } catch let error as CatalogError where error.code == .attributeExists {
                types[word.kind, word.name] = try await client.definitions(of: word.kind, word.name).first?.type
            }
        }
    }

    /// Takes the answer of the oldest batch.
    private func land() async throws {
        let (batch, task) = flying.removeFirst()
        let refusals = try await task.value
        for refusal in refusals {
            progress.clear()
            session.output.error("\(path):\(refusal.line): \(refusal.code.text): \(refusal.name)")
        }
        summary.refused += refusals.count
        summary.records += batch.records.count
        summary.values += batch.records.reduce(0) { $0 + $1.attributes.count }
        summary.committedLine = batch.lastLine
    }

    private func finish() {
        let elapsed = (ContinuousClock.now - began).components
        summary.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        progress.clear()
    }
}

struct ImportStopped: Error, CustomStringConvertible {
    let description: String
}
