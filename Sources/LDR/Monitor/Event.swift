import Foundation
import RLSCore

/// Something that happened to a file at this site.
package struct Event: Sendable {
    package enum Kind: String, Sendable, CaseIterable, Codable {
        case published, deleted, wanted, transferred, failed, verified, lost, corrupt, dark, reaped,
            moved, replaced
    }

    package let kind: Kind
    package let lfn: ByteString
    package var source: String?
    package var bytes: Int64?
    /// Of a transfer.
    package var seconds: Double?
    package var message: String?

    package init(
        _ kind: Kind, _ lfn: ByteString, source: String? = nil, bytes: Int64? = nil, seconds: Double? = nil,
        message: String? = nil
    ) {
        self.kind = kind
        self.lfn = lfn
        self.source = source
        self.bytes = bytes
        self.seconds = seconds
        self.message = message
    }

    /// A line of JSON each. Bytes of a name that are no UTF-8 show as U+FFFD.
    package static func lines(_ events: [Event], site: String, at time: Date) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let time = time.formatted(.iso8601.time(includingFractionalSeconds: true))
        return events.map { $0.line(site, time, encoder) }.joined()
    }

    private func line(_ site: String, _ time: String, _ encoder: JSONEncoder) -> String {
        let text = Text(
            time: time, site: site, event: kind,
            lfn: lfn.description, source: source, bytes: bytes, seconds: seconds.map { ($0 * 1_000).rounded() / 1_000 },
            message: message)
        // Numbers and text only: there is nothing that JSON has not.
        let bytes = (try? encoder.encode(text)) ?? Data()
        return String(decoding: bytes, as: UTF8.self) + "\n"
    }

    private struct Text: Encodable {
        let time: String
        let site: String
        let event: Kind
        let lfn: String
        let source: String?
        let bytes: Int64?
        let seconds: Double?
        let message: String?
    }
}
