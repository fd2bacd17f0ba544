import RLSClient
import RLSCore

/// One mapping or name at a time.
enum MappingCommands {
    static let rows: [CLICommandRow] = [
        CLICommandRow("create", "LFN PFN", .exactly(2), "new logical name with its first target") { session, words in
            try await session.client.create(Mapping(lfn: words[0], pfn: words[1]))
        },
        CLICommandRow("add", "LFN PFN", .exactly(2), "another target of a logical name") { session, words in
            try await session.client.add(Mapping(lfn: words[0], pfn: words[1]))
        },
        CLICommandRow("delete", "LFN PFN", .exactly(2), "remove a mapping; a name goes with its last one") {
            session, words in
            try await session.client.delete(Mapping(lfn: words[0], pfn: words[1]))
        },
        CLICommandRow("exists lrc lfn", "LFN", .exactly(1), "whether the catalog has a name") { session, words in
            try await exists(session, .lfn, words[0])
        },
        CLICommandRow("exists lrc pfn", "PFN", .exactly(1), "whether the catalog has a target") { session, words in
            try await exists(session, .pfn, words[0])
        },
        CLICommandRow("rename lfn", "OLD NEW", .exactly(2), "give a logical name another name") { session, words in
            try await session.client.rename(.lfn, from: words[0], to: words[1])
        },
        CLICommandRow("rename pfn", "OLD NEW", .exactly(2), "give a target another name") { session, words in
            try await session.client.rename(.pfn, from: words[0], to: words[1])
        },
    ]

    private static func exists(_ session: CLISession, _ kind: NameKind, _ name: ByteString) async throws {
        try await session.client.exists(kind, name)
        session.output.result(name + ": exists", [(kind.label, .bytes(name)), ("exists", .flag(true))])
    }
}

extension NameKind {
    /// As commands and JSON name it.
    var label: String { self == .lfn ? "lfn" : "pfn" }

    init(word: ByteString) throws(UsageError) {
        switch word {
        case "lfn": self = .lfn
        case "pfn": self = .pfn
        default: throw UsageError(description: "object type is lfn or pfn, not `\(word)`")
        }
    }
}

extension Output {
    func mapping(_ mapping: Mapping) {
        result(mapping.lfn + ": " + mapping.pfn, [("lfn", .bytes(mapping.lfn)), ("pfn", .bytes(mapping.pfn))])
    }
}
