import Glibc

/// Watches a program that fetches files one after the other: how far it is, and whether it still gets on.
struct SequenceWatch: Sendable {
    private let requests: [TransferRequest]
    private let settings: TransferSettings
    /// The file that is being fetched.
    private(set) var current = 0
    /// When the current file was begun.
    private(set) var since: ContinuousClock.Instant
    private var lastGrowth: ContinuousClock.Instant
    private var lastExtent: Int64
    private var hasBegun = false

    init(_ requests: [TransferRequest], _ settings: TransferSettings, now: ContinuousClock.Instant = .now) {
        self.requests = requests
        self.settings = settings
        since = now
        lastGrowth = now
        lastExtent = requests.first.map { Self.extent($0.destination).extent } ?? 0
    }

    /// Moves on to the file that is being fetched now.
    ///
    /// - Returns: why the program should be ended
    mutating func check(now: ContinuousClock.Instant = .now) -> TransferFailure? {
        let before = current
        // The next one is begun when this one is complete.
        while current + 1 < requests.count, FileCalls.exists(requests[current + 1].destination) { current += 1 }
        let (size, extent) = Self.extent(requests[current].destination)
        if current != before { since = now }
        if current != before || extent != lastExtent {
            lastGrowth = now
            // That the file was made is not yet a byte of it.
            hasBegun = hasBegun || current > 0 || extent > max(0, lastExtent)
            lastExtent = extent
        }
        return problem(size, now)
    }

    private func problem(_ size: Int64, _ now: ContinuousClock.Instant) -> TransferFailure? {
        let expected = requests[current].expected.size
        if size > expected {
            return TransferFailure(.sizeDiffers, "more than the \(expected) bytes that were expected were sent")
        }
        if let limit = settings.overallSeconds, now - since > .seconds(limit) {
            return TransferFailure(.timedOut, "not complete after \(Int(limit)) s: \(size) of \(expected) bytes")
        }
        if !hasBegun, now - lastGrowth > .seconds(settings.connectSeconds) {
            return TransferFailure(.timedOut, "no byte within \(Int(settings.connectSeconds)) s")
        }
        if hasBegun, now - lastGrowth > .seconds(settings.stallSeconds) {
            return TransferFailure(
                .timedOut, "no progress for \(Int(settings.stallSeconds)) s: \(size) of \(expected) bytes")
        }
        return nil
    }

    /// Several streams fill gaps without making the file longer.
    private static func extent(_ path: String) -> (size: Int64, extent: Int64) {
        guard let status = FileCalls.status(path) else { return (0, -1) }
        return (Int64(status.st_size), Int64(status.st_size) + 512 * Int64(status.st_blocks))
    }
}
