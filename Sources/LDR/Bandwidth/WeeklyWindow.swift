import Foundation

/// A part of each day, or of some days of the week, in local time.
package struct WeeklyWindow: Sendable, Hashable {
    /// Days on which it begins; 0 is Monday.
    package var days = Set(0..<7)
    /// Minutes after midnight.
    package var begin = 0
    /// Minutes after midnight; not after `begin`: of the next day.
    package var end = minutesOfDay

    static let minutesOfDay = 1_440

    /// - Parameters:
    ///   - day: 0 for Monday
    ///   - minute: after midnight
    func contains(day: Int, minute: Int) -> Bool {
        if begin < end { return days.contains(day) && begin <= minute && minute < end }
        return days.contains(day) && minute >= begin || days.contains((day + 6) % 7) && minute < end
    }

    /// Without windows it is whole days.
    package static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
}

extension WeeklyWindow {
    /// Days and times in either order, both of which may be left out: `mon-fri 08:00-18:00`, `sat,sun`, `22:00-04:00`.
    init(parsing words: some Collection<Substring>) throws(UnitError) {
        self.init()
        guard words.count <= 2 else { throw UnitError("`\(words.joined(separator: " "))`: \(Self.expected)") }
        for word in words {
            if word.contains(":") { (begin, end) = try Self.times(word) } else { days = try Self.days(word) }
        }
    }

    private static let expected = "expected days and times, as mon-fri 08:00-18:00"

    private static func days(_ text: Substring) throws(UnitError) -> Set<Int> {
        var days: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
                names.firstIndex(of: String($0))
            }
            guard (1...2).contains(ends.count), let first = ends.first ?? nil, let last = ends.last ?? nil else {
                throw UnitError("`\(part)`: \(expected); days are \(names.joined(separator: " "))")
            }
            var day = first
            days.insert(day)
            while day != last {
                day = (day + 1) % 7
                days.insert(day)
            }
        }
        return days
    }

    private static func times(_ text: Substring) throws(UnitError) -> (Int, Int) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { minute($0) }
        guard ends.count == 2, let begin = ends[0], let end = ends[1], begin < minutesOfDay else {
            throw UnitError("`\(text)`: \(expected), from 00:00 to 24:00")
        }
        return (begin, end)
    }

    private static func minute(_ text: Substring) -> Int? {
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false)
        guard numbers.count == 2, numbers.allSatisfy({ $0.count == 2 && $0.utf8.allSatisfy(isDigit) }),
            let hour = Int(numbers[0]), let minute = Int(numbers[1]), minute < 60, hour * 60 + minute <= minutesOfDay
        else { return nil }
        return hour * 60 + minute
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
