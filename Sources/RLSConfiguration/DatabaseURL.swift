/// Where a catalog or an index is kept.
package enum DatabaseURL: Sendable, Hashable {
    /// `sqlite:PATH`
    case sqlite(path: String)
    /// `postgresql://…`, as libpq takes it.
    case postgresql(String)

    /// nil for anything else.
    package init?(_ text: String) {
        if text.hasPrefix("sqlite:") && text.utf8.count > 7 {
            self = .sqlite(path: String(text.dropFirst(7)))
        } else if text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") {
            self = .postgresql(text)
        } else {
            return nil
        }
    }

    /// Without the secrets that the URL may hold.
    package static func shown(_ text: String) -> String {
        guard case .postgresql = DatabaseURL(text) else { return text }
        return masked(text)
    }

    /// Host, port, database, and settings that are known to be no secrets. A password may have any character: what is before
    /// the last `@` goes.
    private static func masked(_ text: String) -> String {
        let rest =
            text.lastIndex(of: "@").map { text[text.index(after: $0)...] }
            ?? text[(text.firstRange(of: "://")?.upperBound ?? text.startIndex)...]
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let settings = parts.dropFirst().flatMap { $0.split(separator: "&") }.filter { setting in
            setting.firstIndex(of: "=").map { shownSettings.contains(String(setting[..<$0])) } ?? false
        }
        return "postgresql://" + parts[0] + (settings.isEmpty ? "" : "?" + settings.joined(separator: "&"))
    }

    private static let shownSettings: Set = ["host", "hostaddr", "port", "dbname", "sslmode"]
}
