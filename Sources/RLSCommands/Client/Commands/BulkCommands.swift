import RLSClient
import RLSCore
import RLSWire

/// Many mappings or names in one request.
enum BulkCommands {
    static let rows: [CLICommandRow] = [
        CLICommandRow("bulk create", "LFN PFN [LFN PFN…]", .groups(of: 2), "create many") { session, words in
            try report(try await session.client.createAll(mappings(words)), session)
        },
        CLICommandRow("bulk add", "LFN PFN [LFN PFN…]", .groups(of: 2), "add many") { session, words in
            try report(try await session.client.addAll(mappings(words)), session)
        },
        CLICommandRow("bulk delete", "LFN PFN [LFN PFN…]", .groups(of: 2), "delete many") { session, words in
            try report(try await session.client.deleteAll(mappings(words)), session)
        },
        CLICommandRow("bulk query lrc lfn", "LFN [LFN…]", .groups(of: 1), "targets of many logical names") {
            try await query($0, .lfn, $1)
        },
        CLICommandRow("bulk query lrc pfn", "PFN [PFN…]", .groups(of: 1), "logical names of many targets") {
            try await query($0, .pfn, $1)
        },
        CLICommandRow("bulk exists lrc lfn", "LFN [LFN…]", .groups(of: 1), "which logical names the catalog has") {
            try await exists($0, .lfn, $1)
        },
        CLICommandRow("bulk exists lrc pfn", "PFN [PFN…]", .groups(of: 1), "which targets the catalog has") {
            try await exists($0, .pfn, $1)
        },
        CLICommandRow("bulk rename lfn", "OLD NEW [OLD NEW…]", .groups(of: 2), "rename many logical names") {
            try await rename($0, Methods.renameLFNBulk, $1)
        },
        CLICommandRow("bulk rename pfn", "OLD NEW [OLD NEW…]", .groups(of: 2), "rename many targets") {
            try await rename($0, Methods.renamePFNBulk, $1)
        },
    ]

    private static func mappings(_ words: [ByteString]) -> [Mapping] {
        stride(from: 0, to: words.count, by: 2).map { Mapping(lfn: words[$0], pfn: words[$0 + 1]) }
    }

    private static func report(_ failures: [MappingFailure], _ session: CLISession) throws {
        for failure in failures {
            let (lfn, pfn) = (failure.mapping.lfn, failure.mapping.pfn)
            session.output.failure(lfn + ": " + pfn, failure.code, [("lfn", .bytes(lfn)), ("pfn", .bytes(pfn))])
        }
        if !failures.isEmpty { throw PartialFailure() }
    }

    private static func query(_ session: CLISession, _ kind: NameKind, _ names: [ByteString]) async throws {
        for item in try await session.client.mappings(of: kind, names: names) {
            switch item.result {
            case .success(let pair): session.output.mapping(Mapping(lfn: pair.first, pfn: pair.second))
            case .failure(let error):
                session.output.failure(error.subject, error.code, [(kind.label, .bytes(error.subject))])
            }
        }
    }

    private static func exists(_ session: CLISession, _ kind: NameKind, _ names: [ByteString]) async throws {
        let arguments = BulkExistsArguments(kind: kind, names: names)
        for item in try await session.client.connection.call(Methods.existsBulk, arguments).items {
            if item.code == .success {
                session.output.result(
                    item.name + ": exists", [(kind.label, .bytes(item.name)), ("exists", .flag(true))])
            } else {
                session.output.failure(item.name, item.code, [(kind.label, .bytes(item.name))])
            }
        }
    }

    private static func rename(
        _ session: CLISession, _ method: Method<BulkArguments<BulkPair>, BulkFailure>, _ words: [ByteString]
    ) async throws {
        let pairs = stride(from: 0, to: words.count, by: 2).map { BulkPair(words[$0], words[$0 + 1]) }
        let failures = try await session.client.connection.call(method, BulkArguments(pairs)).items
        for failure in failures {
            session.output.failure(
                failure.first + ": " + failure.second, failure.code,
                [("old", .bytes(failure.first)), ("new", .bytes(failure.second))])
        }
        if !failures.isEmpty { throw PartialFailure() }
    }
}

extension Output {
    /// An item of a bulk command that failed: `  name: text of the code`.
    func failure(_ name: ByteString, _ code: StatusCode, _ fields: [(String, JSONField)]) {
        let problem: [(String, JSONField)] = [
            ("error", .bytes(ByteString(code.text))), ("code", .number(code.rawValue)),
        ]
        result(name + ": " + ByteString(code.text), fields + problem)
    }
}
