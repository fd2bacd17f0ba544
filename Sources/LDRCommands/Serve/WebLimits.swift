import LDR
import NIOConcurrencyHelpers
import NIOPosix

/// What clients may take of the server.
enum WebLimits {
    static let connections = 100
    /// Bytes of a request's headers, its path among them.
    static let headers = 16 << 10
    /// Seconds without a byte in either direction.
    static let idle = 60.0
    /// Clients that follow events.
    static let followers = 32
    /// Bytes of events that a client which comes back is told.
    static let eventsAgain: UInt64 = 64 << 20
    /// Searches at a time, and the seconds that one may take.
    static let searches = 4
    static let searchTime = 30.0
    /// Files of one answer, and those that are left out before it.
    static let files = 10_000
    static let offset = 1_000_000
    /// In another order than by name all of them are held in memory.
    static let sortedOffset = 10_000
}

/// A number of places, each of which is free again when what `take` gave is no longer used.
final class Places: Sendable {
    final class Place: Sendable {
        private let places: Places
        fileprivate init(_ places: Places) { self.places = places }
        deinit { places.free.withLockedValue { $0 += 1 } }
    }

    private let free: NIOLockedValueBox<Int>

    init(_ count: Int) { free = NIOLockedValueBox(count) }

    /// nil when all are taken.
    func take() -> Place? {
        let isFree = free.withLockedValue { free in
            if free == 0 { return false }
            free -= 1
            return true
        }
        return isFree ? Place(self) : nil
    }
}

/// Work on databases and files, away from the threads that many tasks share.
enum Blocking {
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }

    /// Long work, which others do not wait for.
    static func search<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await searchers.runIfActive(body)
    }

    private static let searchers: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: WebLimits.searches)
        pool.start()
        return pool
    }()
}

/// A value that is computed at most once in a while, however many ask for it.
actor Remembered<Value: Sendable> {
    private let age: Duration
    private let compute: @Sendable () throws -> Value
    private var known: (value: Value, at: ContinuousClock.Instant)?
    private var running: Task<Value, any Error>?

    init(for age: Duration, _ compute: @escaping @Sendable () throws -> Value) {
        self.age = age
        self.compute = compute
    }

    func value() async throws -> Value {
        if let known, .now - known.at < age { return known.value }
        if let running { return try await running.value }
        let task = Task { [compute] in try await Blocking.run(compute) }
        running = task
        defer { running = nil }
        let value = try await task.value
        known = (value, .now)
        return value
    }
}
