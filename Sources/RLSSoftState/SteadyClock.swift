import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Unix time that does not follow steps of the system's clock: read from it once, and from then on the monotonic clock's.
package struct SteadyClock: Sendable {
    private let origin: Int
    private let started: @Sendable () -> Int

    /// - Parameters:
    ///   - wall: Unix time in milliseconds at the beginning
    ///   - notBefore: latest time that is on record, in milliseconds: a clock that was set back in between does not make it the future
    ///   - elapsed: monotonic milliseconds
    package init(
        wall: Int, notBefore: Int = 0, elapsed: @escaping @Sendable () -> Int = Self.monotonic
    ) {
        origin = max(wall, notBefore) - elapsed()
        started = elapsed
    }

    /// From the system's clock.
    package static func now(notBefore: Int = 0) -> SteadyClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return SteadyClock(wall: time.tv_sec * 1_000 + time.tv_nsec / 1_000_000, notBefore: notBefore)
    }

    /// Milliseconds.
    package var now: Int { origin + started() }
    package var seconds: Int { now / 1_000 }

    package static let monotonic: @Sendable () -> Int = { Int(NIODeadline.now().uptimeNanoseconds / 1_000_000) }
}
