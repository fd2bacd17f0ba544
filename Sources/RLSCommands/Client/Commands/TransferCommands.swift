import Foundation
import RLSCore

/// Whole catalogs in and out.
enum TransferCommands {
    static let rows: [CLICommandRow] = [
        CLICommandRow(
            "import", "FILE|-", .exactly(1), "make the mappings and attribute values of a file exist (tsv, csv, jsonl)"
        ) { session, words in try await importFile(words[0].description, session) },
        CLICommandRow("export", "", .exactly(0), "print the whole catalog as import reads it") { session, _ in
            _ = try await Exporter(session: session, pattern: SQLPattern("%")).run()
        },
        CLICommandRow("export", "PATTERN", .exactly(1), "print the mappings whose logical name matches") {
            session, words in
            _ = try await Exporter(session: session, pattern: session.settings.wildcards.pattern(words[0])).run()
        },
    ]

    private static func importFile(_ path: String, _ session: CLISession) async throws {
        let importer = try await Importer(path, session: session)
        defer { report(importer.summary, session) }
        try await importer.run()
    }

    private static func report(_ summary: Importer.Summary, _ session: CLISession) {
        let rate = Int(Double(summary.records) / max(summary.seconds, 0.001))
        session.output.note(
            "imported \(summary.records) mappings and \(summary.values) attribute values of \(summary.lines) lines in "
                + String(format: "%.1f s", summary.seconds) + " (\(rate) mappings a second); "
                + "\(summary.badLines) lines skipped, \(summary.refused) refused by the server")
        if session.output.style == .json {
            session.output.result(
                "",
                [
                    ("mappings", .number(summary.records)), ("values", .number(summary.values)),
                    ("lines", .number(summary.lines)), ("skipped", .number(summary.badLines)),
                    ("refused", .number(summary.refused)), ("committed_line", .number(summary.committedLine)),
                    ("seconds", .literal("\(summary.seconds)")),
                ])
        }
    }
}
