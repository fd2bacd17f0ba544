import Foundation
import Logging
import RLSConfiguration
import Synchronization

/// The least severity to log; changes while the server runs.
final class LogThreshold: Sendable {
    private let severity = Atomic<Int>(Logger.Level.allCases.firstIndex(of: .info) ?? 0)

    func set(_ level: LogLevel) {
        let index = Logger.Level.allCases.firstIndex { "\($0)" == level.rawValue } ?? 0
        severity.store(index, ordering: .relaxed)
    }

    var level: Logger.Level { Logger.Level.allCases[severity.load(ordering: .relaxed)] }
}

/// One line an event on standard error: time, level, message, key=value. Control characters are escaped, so that a name
/// cannot forge a line.
struct LineLogHandler: LogHandler {
    let threshold: LogThreshold
    var metadata: Logger.Metadata = [:]
    private var ownLevel: Logger.Level?

    init(threshold: LogThreshold) { self.threshold = threshold }

    var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let pairs = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let values = pairs.map { " \($0.key)=\(Self.quoted($0.value.description))" }.joined()
        let line = "\(Self.timestamp()) \(event.level) \(Self.escaped(event.message.description))\(values)\n"
        FileHandle.standardError.write(Data(line.utf8))
    }

    private static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        let two: (Int32) -> String = { ($0 < 10 ? "0" : "") + String($0) }
        let milliseconds = String(1_000 + now.tv_nsec / 1_000_000).dropFirst()
        return "\(parts.tm_year + 1_900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(milliseconds)Z"
    }

    private static func quoted(_ value: String) -> String {
        let escaped = escaped(value)
        return escaped.contains(" ") || escaped.isEmpty ? "\"" + escaped.replacing("\"", with: "\\\"") + "\"" : escaped
    }

    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: needsEscape) else { return text }
        return text.unicodeScalars.map { needsEscape($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
    }

    /// What ends a line, steers a terminal or turns the direction of writing.
    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x5c, 0x7f..<0xa0, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
