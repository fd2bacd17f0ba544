import RLSCore
import RLSStorage
import RLSStorageSQLite

/// What transfers did in one span of the past.
package struct ActivityPoint: Sendable, Hashable, Encodable {
    /// Milliseconds since 1970: where the span begins.
    package let time: Int
    package var files = 0
    package var bytes: Int64 = 0
    package var failures = 0
    /// From when a file was wanted until it was here, the longest.
    package var lagSeconds: Double?
}

extension WorkStore {
    /// Transfers are looked at from the newest back: a busy site's day may be cut.
    private static let mostRows = 2_000_000
    /// Transfers end in another order than they are noted in, by no more than this, in milliseconds.
    private static let disorder = 600_000

    /// Spans of equal length, the oldest first, those without transfers among them.
    /// - Parameters:
    ///   - end: milliseconds since 1970
    ///   - span: milliseconds
    package func activity(until end: Int, span: Int, count: Int) throws(StorageError) -> [ActivityPoint] {
        // Whole spans, so that plots do not tremble.
        let first = (end / span - count + 1) * span
        var points = (0..<count).map { ActivityPoint(time: first + $0 * span) }
        let statement = try file.connection.statement(
            """
            SELECT ended, bytes, failure IS NOT NULL, (SELECT since FROM want WHERE want.lfn = transfer.lfn)
            FROM transfer ORDER BY id DESC LIMIT \(Self.mostRows)
            """)
        defer { statement.reset() }
        while try statement.step() {
            let ended = statement.integer(0)
            if ended < first - Self.disorder { break }
            guard ended >= first, ended < first + count * span else { continue }
            let since = statement.isNull(3) ? nil : statement.integer(3)
            points[(ended - first) / span].note(
                ended: ended, bytes: Int64(statement.integer(1)), failed: statement.integer(2) != 0, since: since)
        }
        return points
    }
}

extension ActivityPoint {
    fileprivate mutating func note(ended: Int, bytes: Int64, failed: Bool, since: Int?) {
        self.bytes += bytes
        if failed {
            failures += 1
            return
        }
        files += 1
        if let since { lagSeconds = max(lagSeconds ?? 0, Double(max(0, ended - since)) / 1_000) }
    }
}
