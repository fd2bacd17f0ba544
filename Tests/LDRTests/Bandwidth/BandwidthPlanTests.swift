import Foundation
import RLSCore
import Testing

@testable import LDR

@Suite struct BandwidthPlanTests {
    private let calendar: Calendar

    init() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "Europe/Berlin"))
        self.calendar = calendar
    }

    /// 2026-11-23 is a Monday.
    private func time(_ day: Int, _ hour: Int, _ minute: Int = 0, month: Int = 11) throws -> Date {
        let parts = DateComponents(year: 2026, month: month, day: day, hour: hour, minute: minute)
        return try #require(calendar.date(from: parts))
    }

    private func plan(_ lines: String...) throws -> BandwidthPlan {
        BandwidthPlan(try lines.map { try BandwidthPlan.Rule(parsing: $0) })
    }

    @Test func theLastThatHoldsCounts() throws {
        let plan = try plan("100M", "20M mon-fri 08:00-18:00", "off fri 12:00-13:00", "none sat,sun")
        func limit(_ day: Int, _ hour: Int, _ minute: Int = 0) throws -> BandwidthPlan.Limit {
            plan.limit(at: try time(day, hour, minute), in: calendar)
        }
        #expect(try limit(23, 7, 59) == .rate(100 << 20) && limit(23, 8) == .rate(20 << 20))
        #expect(try limit(23, 17, 59) == .rate(20 << 20) && limit(23, 18) == .rate(100 << 20))
        #expect(try limit(27, 12, 30) == .off && limit(26, 12, 30) == .rate(20 << 20))
        #expect(try limit(28, 12) == .none && limit(29, 23, 59) == .none && limit(30, 0) == .rate(100 << 20))
        #expect(BandwidthPlan().limit(at: try time(23, 0), in: calendar) == .none)
    }

    @Test func overMidnight() throws {
        let plan = try plan("off sun 22:00-04:00")
        for (day, hour, isOff) in [
            (29, 21, false), (29, 22, true), (30, 0, true), (30, 3, true), (30, 4, false), (30, 22, false),
            (29, 3, false),
        ] {
            #expect((plan.limit(at: try time(day, hour), in: calendar) == .off) == isOff, "\(day) \(hour)")
        }
        #expect(try plan.nextChange(after: time(29, 23), in: calendar) == time(30, 4))
        #expect(try plan.nextChange(after: time(30, 5), in: calendar) == time(6, 22, month: 12))
    }

    @Test func whenItChanges() throws {
        let plan = try plan("100M", "20M mon-fri 08:00-18:00", "20M tue 18:00-20:00")
        #expect(try plan.nextChange(after: time(23, 7), in: calendar) == time(23, 8))
        #expect(try plan.nextChange(after: time(23, 8), in: calendar) == time(23, 18))
        // What follows with the same limit is no change.
        #expect(try plan.nextChange(after: time(24, 9), in: calendar) == time(24, 20))
        #expect(try plan.nextChange(after: time(27, 18), in: calendar) == time(30, 8))
        #expect(try self.plan("5M").nextChange(after: time(23, 7), in: calendar) == nil)
        // In spring the clock goes forward.
        let night = try self.plan("off 01:00-06:00")
        #expect(try night.nextChange(after: time(29, 1, 30, month: 3), in: calendar) == time(29, 6, month: 3))
    }

    @Test func daysGoRound() throws {
        #expect(try BandwidthPlan.Rule(parsing: "off sat-mon").window?.days == [5, 6, 0])
        #expect(try BandwidthPlan.Rule(parsing: "off 10:00-24:00 wed,fri-sat").window?.days == [2, 4, 5])
    }

    @Test(arguments: [
        "", "0", "-5", "fast", "1M mon fri tue", "1M 08:00", "1M 24:00-25:00", "1M 08:00-18:60", "1M 8-18", "1M mon-",
        "1M ,", "1M +8:00-09:00", "none mun",
    ])
    func badLines(_ line: String) {
        #expect(throws: UnitError.self) { try BandwidthPlan.Rule(parsing: line) }
    }
}
