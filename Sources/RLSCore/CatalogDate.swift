/// A calendar date and time as users wrote it. No time zone is applied, as in the original.
public struct CatalogDate: Hashable, Sendable {
    /// Decimal YYYYMMDDHHMMSS: orders as dates do.
    public let packed: Int64

    /// Accepts `YYYYMMDDHHMMSS` and `YYYY-MM-DD HH:MM:SS` (`T` for the blank too); nil if it is no date of the calendar.
    public init?(_ text: ByteString) {
        guard let digits = Self.digits(of: text.bytes), let number = Int64(String(decoding: digits, as: UTF8.self))
        else {
            return nil
        }
        self.init(packed: number)
    }

    public init?(packed: Int64) {
        let parts = Self.parts(of: packed)
        guard packed >= 0, parts.year <= 9999, (1...12).contains(parts.month), parts.hour < 24, parts.minute < 60,
            parts.second < 61, parts.day >= 1, parts.day <= Self.days(in: parts.month, of: parts.year)
        else { return nil }
        self.packed = packed
    }

    private static func digits(of bytes: [UInt8]) -> [UInt8]? {
        let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
        if bytes.count == 14 { return bytes.allSatisfy(isDigit) ? bytes : nil }
        guard bytes.count == 19, bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[10] == 0x20 || bytes[10] == 0x54,
            bytes[13] == 0x3a, bytes[16] == 0x3a
        else { return nil }
        let digits = bytes.enumerated().filter { ![4, 7, 10, 13, 16].contains($0.offset) }.map(\.element)
        return digits.allSatisfy(isDigit) ? digits : nil
    }

    private static func days(in month: Int, of year: Int) -> Int {
        let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func parts(
        of packed: Int64
    ) -> (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        let date = Int(packed / 1_000_000)
        let time = Int(packed % 1_000_000)
        return (date / 10_000, date / 100 % 100, date % 100, time / 10_000, time / 100 % 100, time % 100)
    }
}

extension CatalogDate: CustomStringConvertible {
    /// `YYYY-MM-DD HH:MM:SS`
    public var description: String {
        let parts = Self.parts(of: packed)
        let date = [padded(parts.year, 4), padded(parts.month, 2), padded(parts.day, 2)].joined(separator: "-")
        let time = [parts.hour, parts.minute, parts.second].map { padded($0, 2) }.joined(separator: ":")
        return date + " " + time
    }

    /// `YYYYMMDDHHMMSS`, as the original's command line prints it.
    public var compact: String { padded(Int(packed), 14) }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
