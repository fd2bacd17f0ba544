import RLSClient
import RLSCore

/// Look-ups by name and by pattern.
enum QueryCommands {
    static let rows: [CLICommandRow] = [
        CLICommandRow("query lrc lfn", "LFN", .exactly(1), "targets of a logical name") { session, words in
            for mapping in try await session.client.mappings(of: .lfn, words[0]) { session.output.mapping(mapping) }
        },
        CLICommandRow("query lrc pfn", "PFN", .exactly(1), "logical names of a target") { session, words in
            for mapping in try await session.client.mappings(of: .pfn, words[0]) {
                session.output.result(
                    mapping.pfn + ": " + mapping.lfn, [("lfn", .bytes(mapping.lfn)), ("pfn", .bytes(mapping.pfn))])
            }
        },
        CLICommandRow("query wildcard lrc lfn", "PATTERN", .exactly(1), "mappings whose logical name matches") {
            try await wildcard($0, .lfn, $1[0])
        },
        CLICommandRow("query wildcard lrc pfn", "PATTERN", .exactly(1), "mappings whose target matches") {
            try await wildcard($0, .pfn, $1[0])
        },
    ]

    /// Prints in ascending order of names, as the original does; the server sends them descending.
    private static func wildcard(_ session: CLISession, _ kind: NameKind, _ text: ByteString) async throws {
        let settings = session.settings
        let pattern = settings.wildcards.pattern(text)
        let mappings = try await session.client.mappings(matching: pattern, by: kind, limit: settings.resultLimit)
        for mapping in Ascending.names(mappings, by: { kind == .lfn ? $0.lfn : $0.pfn }) {
            session.output.mapping(mapping)
        }
    }
}
