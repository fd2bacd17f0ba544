import Foundation

/// Bars over time as SVG.
struct Plot {
    let title: String
    /// From the oldest to the newest; nil where there is nothing to show.
    let values: [Double?]
    /// What the highest value reads as.
    let label: (Double) -> String

    private static let (width, height, top, left) = (720.0, 140.0, 24.0, 8.0)

    var svg: String {
        let highest = values.compactMap(\.self).max() ?? 0
        let step = (Self.width - 2 * Self.left) / Double(max(1, values.count))
        var bars = ""
        for (index, value) in values.enumerated() {
            guard let value, value > 0, highest > 0 else { continue }
            let height = value / highest * (Self.height - Self.top - 20)
            bars += Self.format(
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", Self.left + Double(index) * step,
                Self.height - 20 - height, max(0.5, step - 1), height)
        }
        let base = Self.height - 20
        return """
            <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(HTMLText.escaped(title))">
            <text x="8" y="16">\(HTMLText.escaped(title)), at most \(HTMLText.escaped(label(highest)))</text>
            <line x1="8" y1="\(base)" x2="\(Self.width - 8)" y2="\(base)"/>\(bars)
            <text x="8" y="\(Self.height - 5)">24 h ago</text><text class="right" x="\(Self.width - 8)" \
            y="\(Self.height - 5)">now</text>
            </svg>
            """
    }

    private static func format(_ text: String, _ numbers: Double...) -> String {
        String(format: text, locale: Locale(identifier: "en_US_POSIX"), arguments: numbers)
    }
}

enum HTMLText {
    /// Also within quotes of an attribute.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }

    /// The first row is its head.
    static func table(_ rows: [[String]]) -> String {
        rows.enumerated().map { number, row in
            let cell = number == 0 ? "th" : "td"
            return "<tr>" + row.map { "<\(cell)>\(escaped($0))</\(cell)>" }.joined() + "</tr>\n"
        }.joined()
    }
}
