/// Bytes, as configuration files and options have them: `512`, `512M`, `1.5T`, `10GB`.
/// `K M G T P E` and `KiB MiB …` are powers of 1024, `KB MB …` powers of 1000.
package struct ByteSize: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let bytes: Int64

    package init(bytes: Int64) { self.bytes = bytes }

    package init(parsing text: String) throws(UnitError) {
        let expected = "a size such as 512, 10G, 1.5T or 100MB"
        let (number, unit) = try Quantity.parse(text, expected: expected)
        guard let factor = Self.factor(unit.lowercased()) else {
            throw UnitError("`\(text)` is no size: unknown unit `\(unit)`; expected \(expected)")
        }
        guard let bytes = number.times(factor) else { throw UnitError("`\(text)` is too large a size") }
        self.bytes = bytes
    }

    private static func factor(_ unit: String) -> Int64? {
        if unit.isEmpty || unit == "b" { return 1 }
        guard let letter = unit.first, let power = prefixes.firstIndex(of: letter) else { return nil }
        let base: Int64
        switch unit.dropFirst() {
        case "", "ib": base = 1024
        case "b": base = 1000
        default: return nil
        }
        return (0...power).reduce(1) { factor, _ in factor * base }
    }

    private static let prefixes: [Character] = ["k", "m", "g", "t", "p", "e"]

    /// With the largest unit that leaves a whole number; parses back to the same.
    package var description: String {
        var rest = bytes
        var unit = ""
        for prefix in Self.prefixes where rest != 0 && rest.isMultiple(of: 1024) {
            rest /= 1024
            unit = prefix.uppercased()
        }
        return "\(rest)\(unit)"
    }

    package static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }
}

/// A length of time, as configuration files and options have it: `90s`, `15m`, `12h`, `30d`, `2w`, `250ms`; without a
/// unit, seconds.
package struct TimeSpan: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package init(parsing text: String) throws(UnitError) {
        let expected = "a time such as 90s, 15m, 12h or 30d"
        let (number, unit) = try Quantity.parse(text, expected: expected)
        guard let factor = unit.isEmpty ? 1000 : Self.units.first(where: { $0.name == unit.lowercased() })?.milliseconds
        else { throw UnitError("`\(text)` is no time: unknown unit `\(unit)`; expected \(expected)") }
        guard let milliseconds = number.times(factor), (-Self.longest...Self.longest).contains(milliseconds) else {
            throw UnitError("`\(text)` is too long a time")
        }
        self.milliseconds = milliseconds
    }

    /// 200 years: added to any date it stays a date.
    private static let longest: Int64 = 200 * 366 * 86_400_000

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Whole seconds; what is less is dropped.
    package var seconds: Int64 { milliseconds / 1000 }
    package var duration: Duration { .milliseconds(milliseconds) }

    /// With the largest unit that leaves a whole number; parses back to the same.
    package var description: String {
        for unit in Self.units where milliseconds != 0 && milliseconds.isMultiple(of: unit.milliseconds) {
            return "\(milliseconds / unit.milliseconds)\(unit.name)"
        }
        return "0s"
    }

    package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.milliseconds < right.milliseconds }
}

/// Why a text is no size or time.
package struct UnitError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// `digits` divided by ten to the power of `decimals`: exact, which binary fractions are not.
private struct Quantity {
    let digits: Int64
    let decimals: Int

    static func parse(_ text: String, expected: String) throws(UnitError) -> (Quantity, unit: String) {
        let isDigit: (Character) -> Bool = { $0.isASCII && $0.isNumber }
        let whole = text.prefix(while: isDigit)
        var rest = text[whole.endIndex...]
        var fraction: Substring = ""
        if rest.first == "." {
            fraction = rest.dropFirst().prefix(while: isDigit)
            rest = rest[fraction.endIndex...]
            guard !fraction.isEmpty else {
                throw UnitError("`\(text)` has no digits after the point; expected \(expected)")
            }
        }
        guard !whole.isEmpty else { throw UnitError("`\(text)` does not begin with a number; expected \(expected)") }
        guard fraction.count <= 9, let digits = Int64(whole + fraction) else {
            throw UnitError("`\(text)` has too many digits; expected \(expected)")
        }
        return (Quantity(digits: digits, decimals: fraction.count), String(rest.drop { $0 == " " }))
    }

    /// Rounded down; nil when it has more than 63 bits.
    func times(_ factor: Int64) -> Int64? {
        let divisor = (0..<decimals).reduce(UInt64(1)) { power, _ in power * 10 }
        let product = UInt64(digits).multipliedFullWidth(by: UInt64(factor))
        guard product.high < divisor else { return nil }
        return Int64(exactly: divisor.dividingFullWidth(product).quotient)
    }
}
