/// Columns as wide as they need be, two blanks between them.
package enum TextTable {
    /// - Parameter rows: may have cells of others: what steers a terminal is shown as `?`
    package static func lines(_ rows: [[String]]) -> [String] {
        let clean = rows.map { $0.map(printable) }
        let columns = clean.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            clean.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return clean.map { row in
            let padded = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return String(padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func printable(_ text: String) -> String {
        String(text.map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? "?" : $0 })
    }
}

/// Numbers of bytes for people.
package enum SizeText {
    /// In the largest unit of which there is one, rounded: `1.5 GiB`.
    package static func of(_ bytes: Int64) -> String {
        let units: [(bytes: Int64, name: String)] = [
            (1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"),
        ]
        guard let unit = units.first(where: { bytes >= $0.bytes }) else { return "\(bytes) B" }
        let tenths = Int64((Double(bytes) / Double(unit.bytes) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(unit.name)"
    }
}
