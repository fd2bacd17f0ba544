import LDR

/// A site's status for people.
enum StatusPage {
    /// Of the plots: a quarter of an hour in milliseconds, and as many as a day has.
    static let span = 900_000
    static let spans = 96

    static func html(_ status: SiteStatus, _ activity: [ActivityPoint], at now: Int) -> String {
        let lag = Plot(
            title: "Lag: from wanted to here, the longest of a quarter of an hour",
            values: activity.map(\.lagSeconds), label: { Times.span($0) })
        let rate = Plot(
            title: "Throughput",
            values: activity.map { Double($0.bytes) / Double(span / 1_000) }, label: { Sizes.text(Int64($0)) + "/s" })
        let site = HTMLText.escaped(status.site)
        let bandwidth = status.bandwidth.map { "<p>\(HTMLText.escaped(StatusText.bandwidth($0)))</p>" } ?? ""
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="30">
            <meta name="viewport" content="width=device-width"><title>\(site): replication</title>
            <style>\(style)</style></head><body>
            <h1>\(site)</h1><p>\(status.files) files known. \(Times.text(now)). \
            As <a href="status">JSON</a>, <a href="metrics">metrics</a>, <a href="events">events</a>.</p>
            \(bandwidth)
            \(section("Subscriptions", StatusText.subscriptions(status)))
            \(section("Sources", StatusText.sources(status)))
            \(section("Peers", StatusText.peers(status)))
            <h2>The last 24 hours</h2>
            \(lag.svg)
            \(rate.svg)
            </body></html>

            """
    }

    private static func section(_ title: String, _ rows: [[String]]) -> String {
        if rows.count < 2 { return "" }
        return "<h2>\(title)</h2><div><table>\n\(HTMLText.table(rows))</table></div>"
    }

    private static let style = """
        :root{color-scheme:light dark}body{font:15px system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em}
        div{overflow-x:auto}table{border-collapse:collapse}th,td{text-align:left;padding:.25em .8em .25em 0;
        border-bottom:1px solid #8886;font-variant-numeric:tabular-nums;white-space:nowrap}
        svg{width:100%;max-width:60em;display:block;margin:.5em 0}rect{fill:#4a90d9}line{stroke:#888}
        text{font-size:12px;fill:currentColor}.right{text-anchor:end}
        """
}
