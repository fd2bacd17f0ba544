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

    private static func masked(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let parts = text[scheme.upperBound...].split(separator: "?", maxSplits: 1)
        var place = parts.first.map(String.init) ?? ""
        // A password may contain an `@`: the host comes behind the last.
        if let host = place.lastIndex(of: "@"), let colon = place[..<host].firstIndex(of: ":") {
            place.replaceSubrange(place.index(after: colon)..<host, with: "…")
        }
        let settings = parts.count < 2 ? [] : parts[1].split(separator: "&").map(masked(setting:))
        return text[..<scheme.upperBound] + place + (settings.isEmpty ? "" : "?" + settings.joined(separator: "&"))
    }

    private static func masked(setting: Substring) -> String {
        guard let equals = setting.firstIndex(of: "=") else { return String(setting) }
        let isSecret = setting[..<equals].lowercased().contains("pass") && !setting.hasPrefix("passfile")
        return isSecret ? setting[...equals] + "…" : String(setting)
    }
}
