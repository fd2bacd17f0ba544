import RLSCore

/// Reads a site's configuration: `#` comments, one keyword a line.
package enum SiteFile {
    package struct ParseError: Error, CustomStringConvertible, Sendable {
        package let file: String
        /// 0 for the file as a whole.
        package let line: Int
        package let message: String
        package var description: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }
    }

    package static func parse(_ text: String, named file: String) throws(ParseError) -> SiteConfiguration {
        var site = SiteConfiguration()
        var seen: [String: Int] = [:]
        for line in KeywordLine.all(in: text) {
            let (number, key, value) = (line.number, line.key, line.value)
            guard let option = SiteOption.all.first(where: { $0.key == key }) else {
                throw ParseError(
                    file: file, line: number,
                    message: "unknown keyword `\(key)`" + line.suggestion(among: SiteOption.all.map(\.key), sharing: 3))
            }
            guard !value.isEmpty else {
                throw ParseError(file: file, line: number, message: "`\(key)` has no value; expected \(option.values)")
            }
            if !option.isRepeatable, let first = seen.updateValue(number, forKey: key) {
                throw ParseError(file: file, line: number, message: "`\(key)` was set in line \(first) already")
            }
            do throws(SiteValueError) { try option.set(&site, SiteValue(text: value)) } catch {
                throw ParseError(file: file, line: number, message: "`\(key)`: \(error)")
            }
        }
        try check(site, file)
        return site
    }

    private static func check(_ site: SiteConfiguration, _ file: String) throws(ParseError) {
        func refuse(_ message: String) -> ParseError { ParseError(file: file, line: 0, message: message) }
        if site.site.isEmpty { throw refuse("`site` is missing: give the site a name") }
        if site.directory.isEmpty { throw refuse("`directory` is missing: say where the daemons keep their databases") }
        for (what, names) in [
            ("partition", site.partitions.map(\.name)), ("peer", site.peers.map(\.site)),
            ("subscription", site.subscriptions.map(\.name)),
        ] {
            if let twice = Dictionary(grouping: names, by: \.self).first(where: { $0.value.count > 1 }) {
                throw refuse("two \(what)s are named `\(twice.key)`")
            }
        }
        if site.subscriptions.count > Subscription.limit {
            throw refuse("more than \(Subscription.limit) subscriptions: join some with `or`")
        }
        if site.peers.contains(where: { $0.site == site.site }) { throw refuse("the site is its own peer") }
    }
}
