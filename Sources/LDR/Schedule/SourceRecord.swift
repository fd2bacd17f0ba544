import RLSCore

/// What transfers have taught about a source.
package struct SourceRecord: Sendable, Hashable {
    /// Scheme, host and port of its URLs.
    package let name: String
    /// Bytes a second, of late; 0 until there is a measurement.
    package var rate: Double = 0
    package var succeeded = 0
    package var failed = 0
    package var failedInRow = 0
    /// Milliseconds since 1970: not asked before.
    package var retryAt = 0
    package var error: String?

    package init(name: String) { self.name = name }

    /// How much one measurement counts against those before it.
    private static let weight = 0.2

    package mutating func noteSuccess(bytes: Int64, seconds: Double) {
        succeeded += 1
        failedInRow = 0
        retryAt = 0
        error = nil
        if seconds <= 0 || bytes <= 0 { return }
        let measured = Double(bytes) / seconds
        rate = rate == 0 ? measured : rate + (measured - rate) * Self.weight
    }

    /// - Parameter now: milliseconds since 1970
    package mutating func noteFailure(_ message: String, at now: Int) {
        failed += 1
        failedInRow += 1
        error = message
        // A file that is missing is no reason to leave the others; a row of failures is.
        if failedInRow >= 3 { retryAt = now + RetryRule.pause(after: failedInRow - 2, seed: failed) }
    }
}

/// How long to wait after failures.
package enum RetryRule {
    private static let first = 5_000
    private static let longest = 3_600_000

    /// Milliseconds: doubled with each failure, up to an hour, and spread so that what failed together does not return together.
    /// - Parameter seed: of the spread
    package static func pause(after failures: Int, seed: Int) -> Int {
        let pause = min(longest, first << min(max(0, failures - 1), 20))
        let part = Double((seed &* 2_654_435_761) & 0xffff) / 65_536
        return pause / 2 + Int(Double(pause / 2) * part)
    }

    /// Of a file that is stuck.
    package static let stuck = 86_400_000
}
