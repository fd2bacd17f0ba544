#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Clocks of change stamps: this machine's time, but never behind what has been seen.
enum HybridClock {
    /// Milliseconds since 1970.
    static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The lowest stamp of a millisecond.
    static func stamp(_ milliseconds: Int64) -> Int64 { milliseconds << 16 }
    static func milliseconds(_ stamp: Int64) -> Int64 { stamp >> 16 }

    /// - Parameters:
    ///   - last: the last clock that was given out or seen
    ///   - now: milliseconds
    static func next(after last: Int64, now: Int64) -> Int64 { max(last + 1, stamp(now)) }

    static func isTooFarAhead(_ clock: Int64, now: Int64) -> Bool {
        clock >= stamp(now + MetadataLimits.clockAhead)
    }

    /// How far ahead, for people.
    static func lead(_ clock: Int64, now: Int64) -> String {
        // Rounded, for they differ by the moments of the question.
        let hours = (milliseconds(clock) - now + 1_800_000) / 3_600_000
        return hours < 48 ? "\(hours) hours" : "\(hours / 24) days"
    }
}
