import RLSCore
import RLSStorage

extension AttributeValue {
    /// What a row of the original means; nil for what is not of the attribute's type.
    init?(_ content: OriginalAttributeValue.Content, as type: AttributeType) {
        switch (type, content) {
        case (.string, .text(let text)): self = .string(text)
        case (.string, .integer(let number)): self = .string(ByteString("\(number)"))
        case (.string, .float(let number)): self = .string(ByteString("\(number)"))
        case (.int, .integer(let number)): self = .int(number)
        case (.int, .float(let number)):
            guard let whole = Int64(exactly: number) else { return nil }
            self = .int(whole)
        case (.float, .float(let number)):
            guard number.isFinite else { return nil }
            self = .float(number)
        case (.float, .integer(let number)): self = .float(Double(number))
        case (.int, .text(let text)), (.float, .text(let text)): self.init(text, as: type)
        case (.date, let content):
            guard let date = CatalogDate(content) else { return nil }
            self = .date(date)
        }
    }
}

extension CatalogDate {
    /// A date as databases keep it: in digits, with a fraction and a zone behind it, or in seconds since 1970. No time zone is
    /// applied to what is written out.
    init?(_ content: OriginalAttributeValue.Content) {
        switch content {
        case .integer(let number): self.init(number: number)
        case .float(let number):
            guard let whole = Int64(exactly: number.rounded(.down)) else { return nil }
            self.init(number: whole)
        case .text(let text):
            if let number = Int64(text.description) {
                self.init(number: number)
            } else {
                self.init(writtenOut: text)
            }
        }
    }

    /// A timestamp of 14 digits would be in the year 300 000.
    private init?(number: Int64) {
        if number >= 1_000_01_01_00_00_00 {
            self.init(packed: number)
        } else {
            self.init(unixTime: number)
        }
    }

    private init?(writtenOut text: ByteString) {
        let bytes = text.bytes
        if bytes.count == 10 {
            self.init(text + " 00:00:00")
        } else {
            let rest = bytes.dropFirst(19)
            guard rest.allSatisfy({ Self.fractionAndZone.contains($0) }) else { return nil }
            self.init(ByteString(bytes.prefix(19)))
        }
    }

    private static let fractionAndZone = Set(".0123456789+-:Z ".utf8)

    /// In UTC.
    private init?(unixTime: Int64) {
        // Years of four digits.
        guard (-62_200_000_000...253_402_300_799).contains(unixTime) else { return nil }
        let (days, seconds) = unixTime.quotientAndRemainder(flooredBy: 86_400)
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, eras have 400 of them.
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainder(flooredBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date = year * 10_000 + month * 100 + day
        let time = seconds / 3_600 * 10_000 + seconds / 60 % 60 * 100 + seconds % 60
        self.init(packed: date * 1_000_000 + time)
    }
}

extension Int64 {
    fileprivate func quotientAndRemainder(flooredBy divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
