import NIOCore

/// A look-up that waits for a thread.
struct PendingLookup: Sendable {
    let producer: any ReplyProducer
    /// The client has written a moment ago, and shall see it.
    let mustBeCurrent: Bool
    /// Of the connection; there the answer is wanted.
    let eventLoop: any EventLoop
    let finish: @Sendable (ReplyTurn) -> Void
    var deadline = NIODeadline.distantFuture
}

/// Look-ups in the order in which they came, in groups as they will be taken.
struct LookupBacklog {
    private let groupLimit: Int
    private var groups: [[PendingLookup]] = []
    private(set) var count = 0

    init(groupLimit: Int) { self.groupLimit = groupLimit }

    var firstDeadline: NIODeadline? { groups.first?.first?.deadline }

    mutating func append(_ lookup: PendingLookup) {
        if groups.last.map({ $0.count < groupLimit }) != true { groups.append([]) }
        groups[groups.count - 1].append(lookup)
        count += 1
    }

    mutating func takeGroup() -> [PendingLookup]? {
        if groups.isEmpty { return nil }
        let group = groups.removeFirst()
        count -= group.count
        return group
    }

    mutating func takeLate(at now: NIODeadline) -> [PendingLookup] {
        var late: [PendingLookup] = []
        while let group = groups.first, let first = group.first, first.deadline <= now {
            let isLate = group.prefix { $0.deadline <= now }
            late += isLate
            count -= isLate.count
            groups[0].removeFirst(isLate.count)
            if groups[0].isEmpty { groups.removeFirst() }
        }
        return late
    }

    mutating func takeAll() -> [PendingLookup] {
        defer {
            groups = []
            count = 0
        }
        return Array(groups.joined())
    }
}
