import ArgumentParser
import Foundation
import LDR
import RLSCore

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Shows past transfers, the newest first: of all files, or of one.")

    @OptionGroup var options: SiteOptions
    @Argument(help: "A logical name.") var lfn: String?
    @Option(name: [.short, .long], help: "Transfers to show.") var limit = 100
    @Flag(help: "One JSON object a line.") var json = false

    func run() async throws {
        let store = try WorkStore(path: SitePlaces(try options.site()).work)
        for record in try store.history(of: lfn.map { ByteString($0) }, limit: limit) {
            print(json ? JSONText.line(Row(record)) : Self.line(record))
        }
    }

    private static func line(_ record: TransferRecord) -> String {
        let seconds = Double(record.ended - record.began) / 1_000
        let outcome =
            record.failure.map { "\($0): \(record.message ?? "")" }
            ?? "\(record.bytes) bytes in \(String(format: "%.3f", seconds)) s"
        return "\(Times.text(record.ended))  \(record.lfn)  \(record.url)  \(outcome)"
    }

    private struct Row: Encodable {
        let time: String
        let lfn: String
        let source: String
        let url: String
        let bytes: Int64
        let seconds: Double
        let failure: String?
        let message: String?

        init(_ record: TransferRecord) {
            time = Times.text(record.ended)
            lfn = record.lfn.description
            source = record.source
            url = record.url.description
            bytes = record.bytes
            seconds = Double(record.ended - record.began) / 1_000
            failure = record.failure
            message = record.message
        }
    }
}
