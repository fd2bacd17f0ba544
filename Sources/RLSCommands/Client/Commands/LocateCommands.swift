import RLSClient
import RLSCore

/// Replicas through an index: `ReplicaLocator` on the command line.
enum LocateCommands {
    static let rows: [CLICommandRow] = [
        CLICommandRow(
            "locate", "LFN [LFN…]|-", .groups(of: 1),
            "their targets in every catalog that the index names; -: names on standard input"
        ) { session, words in
            var locating = Locating(session)
            let outcome = await locating.run(words)
            await locating.locator.close()
            try outcome.get()
        }
    ]
}

/// One `locate` command: what it found out about dead servers is not found out again for the next batch.
private struct Locating {
    /// Names of standard input that are asked for together.
    private static let batch = 1_000

    private let session: CLISession
    let locator = ReplicaLocator()
    private var indexes: [ServerAddress]
    private var skipped: [SkippedServer] = []
    private var isComplete = true

    init(_ session: CLISession) {
        self.session = session
        indexes = [session.address] + session.settings.furtherIndexes
    }

    mutating func run(_ words: [ByteString]) async -> Result<Void, any Error> {
        do {
            if words == ["-"] { try await standardInput() } else { try await names(words) }
            return isComplete ? .success(()) : .failure(PartialFailure())
        } catch {
            return .failure(error)
        }
    }

    private mutating func standardInput() async throws {
        let reader = try LineReader("-")
        var names: [ByteString] = []
        while let line = try reader.next() {
            // A line too long for the reader is too long for a name.
            guard let line else {
                complain("a line is too long for a name")
                continue
            }
            let name = ByteString(line.last == 0x0d ? line.dropLast() : line)
            if !name.isEmpty { names.append(name) }
            if names.count == Self.batch {
                try await self.names(names)
                names = []
            }
        }
        if !names.isEmpty { try await self.names(names) }
    }

    private mutating func names(_ names: [ByteString]) async throws {
        let result: LocateResult
        do {
            result = try await locator.locate(
                names, through: indexes, timeout: session.settings.wait, avoiding: skipped)
        } catch let error as NoIndexAnswered {
            for index in error.indexes { session.output.error(index.failure) }
            throw PartialFailure()
        }
        remember(result)
        for name in result.names { show(name) }
        StandardOutput.flush()
    }

    /// Says of each skipped server once that it was.
    private mutating func remember(_ result: LocateResult) {
        var told = Set(skipped.map(\.url))
        for server in result.skippedIndexes + result.skipped where told.insert(server.url).inserted {
            session.output.error("skipped \(server.url): \(server.cause)")
        }
        indexes.removeAll { address in result.skippedIndexes.contains { $0.url == ByteString(address.description) } }
        for server in result.skipped where !skipped.contains(server) { skipped.append(server) }
    }

    private mutating func show(_ name: LocatedName) {
        for replica in name.replicas { session.output.replica(replica) }
        guard name.replicas.isEmpty else { return }
        let missing = CatalogError(.lfnNotFound, name.lfn).description
        let places = name.unanswered.map(\.description).joined(separator: ", ")
        complain(places.isEmpty ? missing : "\(missing) (it may be at \(places), which gave no answer)")
    }

    private mutating func complain(_ text: String) {
        isComplete = false
        session.output.error(text)
    }
}

extension SkippedServer {
    /// Of the only server asked, as other commands say it.
    fileprivate var failure: String {
        switch reason {
        case .refused: cause
        default: "connect(\(url)): \(cause)"
        }
    }
}

extension Output {
    fileprivate func replica(_ replica: Replica) {
        let (lfn, pfn) = (replica.mapping.lfn, replica.mapping.pfn)
        result(lfn + ": " + pfn, [("lfn", .bytes(lfn)), ("pfn", .bytes(pfn)), ("lrc", .bytes(replica.lrc))])
    }
}
