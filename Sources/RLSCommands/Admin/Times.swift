import Foundation

/// Unix times for people.
enum Times {
    static var now: Int { Int(Date().timeIntervalSince1970) }

    /// As the original prints it: `11/21/26 04:00:32`, of here.
    static func date(_ time: Int) -> String {
        if time == 0 { return "never" }
        var seconds = time_t(time)
        var parts = tm()
        localtime_r(&seconds, &parts)
        let numbers = [parts.tm_mon + 1, parts.tm_mday, parts.tm_year % 100, parts.tm_hour, parts.tm_min, parts.tm_sec]
        let two = numbers.map { String(format: "%02d", $0) }
        return two[0..<3].joined(separator: "/") + " " + two[3...].joined(separator: ":")
    }

    /// `12s ago`, `in 4m`; 0 is never. Two clocks may differ: what is a moment ahead is now.
    static func relative(_ time: Int, now: Int) -> String {
        if time == 0 { return "never" }
        return time > now ? "in " + span(time - now) : span(now - time) + " ago"
    }

    /// In the largest unit of which there are two, so that it is half a unit wrong at most.
    static func span(_ seconds: Int) -> String {
        let units = [(86_400, "d"), (3_600, "h"), (60, "m")]
        guard let unit = units.first(where: { seconds >= 2 * $0.0 }) else { return "\(seconds)s" }
        return "\(seconds / unit.0)\(unit.1)"
    }
}
