import Foundation
import RLSClient
import RLSCore
import RLSWire

/// `status`: how each soft-state relation of a server fares. Errors are shown, they are none of this command.
struct StatusReport {
    let session: CLISession

    private static let header = [
        "direction", "server", "kind", "patterns", "last success", "next update", "names", "filter size",
        "false positives %", "waiting", "error",
    ]

    func run() async throws {
        let relations: [SoftStateStatus]
        do {
            relations = try await session.client.connection.call(Methods.softState, NoArguments()).items
        } catch let error as CatalogError where error.code == .badMethod {
            throw TooOld(address: session.address)
        }
        if session.output.style == .json {
            for relation in relations { session.output.result("", Self.fields(relation)) }
        } else if relations.isEmpty {
            session.output.error("\(session.address) sends no updates and receives none")
        } else {
            let now = Times.now
            for line in TextTable.lines([Self.header] + relations.map { Self.cells($0, now: now) }) {
                session.output.write(ByteString("  " + line))
            }
        }
    }

    private static func cells(_ status: SoftStateStatus, now: Int) -> [String] {
        [
            status.direction.word, status.url.description, status.kind.words + (status.isImmediate ? ", at once" : ""),
            status.patterns.isEmpty ? "all" : status.patterns.description,
            Times.relative(status.lastSuccess, now: now), next(status, now: now), "\(status.names)",
            status.bytes == 0 ? "-" : SizeText.of(Int64(status.bytes)),
            status.bytes == 0 ? "-" : String(format: "%.2f", status.falsePercent),
            status.direction == .sends ? "\(status.waiting)" : "-",
            status.error.isEmpty ? "-" : status.error.description,
        ]
    }

    private static func next(_ status: SoftStateStatus, now: Int) -> String {
        if status.next == 0 { return "-" }
        switch status.direction {
        case .sends: return status.next > now ? Times.relative(status.next, now: now) : "due"
        case .receives: return "stale " + Times.relative(status.next, now: now)
        }
    }

    private static func fields(_ status: SoftStateStatus) -> [(String, JSONField)] {
        [
            ("direction", .bytes(ByteString(status.direction.word))), ("server", .bytes(status.url)),
            ("kind", .bytes(ByteString(status.kind.words))), ("patterns", .bytes(status.patterns)),
            ("immediate", .flag(status.isImmediate)), ("last_success", .number(status.lastSuccess)),
            ("last_full", .number(status.lastFull)), ("next", .number(status.next)), ("names", .number(status.names)),
            ("filter_bytes", .number(status.bytes)), ("false_positive_percent", .literal("\(status.falsePercent)")),
            ("waiting", .number(status.waiting)), ("error", .bytes(status.error)),
        ]
    }

    private struct TooOld: Error, CustomStringConvertible {
        let address: ServerAddress
        var description: String { "\(address) is too old to tell how its updates fare; -S says when the last were" }
    }
}

extension SoftStateStatus {
    fileprivate var falsePercent: Double { Double(falsePerMillion) / 10_000 }
}

extension SoftStateStatus.Direction {
    fileprivate var word: String { self == .sends ? "sends" : "receives" }
}

extension SoftStateStatus.Kind {
    fileprivate var words: String {
        switch self {
        case .list: "list"
        case .filter: "filter"
        case .legacyFilter: "legacy filter"
        }
    }
}
