import Foundation

/// How much may come in, and when.
package struct BandwidthPlan: Sendable, Hashable {
    package enum Limit: Sendable, Hashable {
        /// As fast as it goes.
        case none
        /// Nothing is fetched.
        case off
        /// Bytes a second.
        case rate(Int64)
    }

    package struct Rule: Sendable, Hashable {
        package var limit: Limit
        /// nil for always.
        package var window: WeeklyWindow?
    }

    /// Of those that hold at a time, the last counts.
    package var rules: [Rule] = []

    package init(_ rules: [Rule] = []) { self.rules = rules }

    package var isUnlimited: Bool { rules.allSatisfy { $0.limit == .none } }

    /// - Parameter calendar: with the time zone that the windows are meant in
    package func limit(at time: Date, in calendar: Calendar = .machine) -> Limit {
        let now = calendar.dateComponents([.weekday, .hour, .minute], from: time)
        // Sunday is 1 there.
        let day = ((now.weekday ?? 1) + 5) % 7
        let minute = (now.hour ?? 0) * 60 + (now.minute ?? 0)
        return rules.last { $0.window?.contains(day: day, minute: minute) ?? true }?.limit ?? .none
    }

    /// When another limit begins to hold; nil for never.
    package func nextChange(after time: Date, in calendar: Calendar = .machine) -> Date? {
        let current = limit(at: time, in: calendar)
        let minutes = Set(rules.compactMap(\.window).flatMap { [$0.begin, $0.end % WeeklyWindow.minutesOfDay] } + [0])
        let today = calendar.startOfDay(for: time)
        for day in 0...8 {
            guard let midnight = calendar.date(byAdding: .day, value: day, to: today) else { continue }
            for minute in minutes.sorted() {
                let date = calendar.date(bySettingHour: minute / 60, minute: minute % 60, second: 0, of: midnight)
                if let date, date > time, limit(at: date, in: calendar) != current { return date }
            }
        }
        return nil
    }
}

extension Calendar {
    /// In the time zone of this machine.
    package static var machine: Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .current
        return calendar
    }
}

extension BandwidthPlan.Rule {
    /// `100M`, `none` or `off`, and after it days and times.
    init(parsing text: String) throws(UnitError) {
        let words = text.split { $0 == " " || $0 == "\t" }
        switch words.first {
        case "none": limit = .none
        case "off": limit = .off
        default:
            let bytes = try ByteSize(parsing: words.first.map(String.init) ?? "").bytes
            guard bytes > 0 else { throw UnitError("0: write `none` for no limit, or `off` for no transfers") }
            limit = .rate(bytes)
        }
        window = words.count > 1 ? try WeeklyWindow(parsing: words.dropFirst()) : nil
    }
}
