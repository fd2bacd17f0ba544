import RLSCore
import RLSStorage

/// What subscriptions with a maximum volume may still take.
struct Volumes {
    private struct Room {
        let subscription: Subscription
        var bytes: Int64
        /// nil where nothing goes for what is new.
        var window: RollingWindow?
    }

    private var rooms: [Room] = []

    init(_ work: WorkStore) throws(StorageError) {
        for subscription in try work.subscriptions() where subscription.configuration.maximumVolume > 0 {
            let bytes = try work.room(of: subscription)
            let window = subscription.configuration.isRolling ? try RollingWindow(subscription, work) : nil
            rooms.append(Room(subscription: subscription, bytes: bytes, window: window))
        }
    }

    /// Bytes, below 0 when the volume was made smaller.
    func room(of subscription: Subscription) -> Int64 {
        rooms.first { $0.subscription.id == subscription.id }?.bytes ?? .max
    }

    /// Why the file has to wait, if all subscriptions that want it have no room for it. When one of them rolls, it has the word:
    /// what only waits for volume is thought of in each pass.
    func hold(_ want: Want) -> (kind: HeldBack, reason: String)? {
        var (wanting, kind, name) = (want.subscriptions, HeldBack.volume, "")
        for room in rooms where want.subscriptions & room.subscription.bit != 0 && room.bytes < want.size {
            wanting &= ~room.subscription.bit
            let own: HeldBack = room.window.map { $0.takes(want) ? .takesPlace : .tooOld } ?? .volume
            if name.isEmpty || own == .takesPlace || kind == .volume { (kind, name) = (own, room.subscription.name) }
        }
        if name.isEmpty || wanting != 0 { return nil }
        let reason =
            switch kind {
            case .volume: "the volume of subscription \(name) is used up"
            case .takesPlace: "until `ldr reap` lets go of older files of subscription \(name)"
            case .tooOld: "the volume of subscription \(name) is used up by files that became known later"
            }
        return (kind, reason)
    }

    /// It comes, or has others let go of.
    mutating func add(_ want: Want) {
        for index in rooms.indices where want.subscriptions & rooms[index].subscription.bit != 0 {
            rooms[index].bytes = rooms[index].bytes.saturated(adding: -want.size)
            rooms[index].window?.add(want)
        }
    }
}

/// The files that a rolling subscription has here or on their way, the newest first: those that became known last.
struct RollingWindow {
    private let volume: Int64
    /// Descending.
    private var ids: [Int] = []
    /// Bytes of the files up to each.
    private var sums: [Int64] = []
    /// Files that have been added since, a few: the others are among those above.
    private var added: [(id: Int, size: Int64)] = []
    private static let mostAdded = 1_000

    init(_ subscription: Subscription, _ work: WorkStore) throws(StorageError) {
        volume = subscription.configuration.maximumVolume
        try work.rollingFiles(of: subscription, newestFirst: true) { (file) throws(StorageError) in
            if file.state != .held { append((file.id, file.size)) }
        }
    }

    /// Whether there is room for it together with all that is newer.
    func takes(_ want: Want) -> Bool {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] > want.id { low = middle + 1 } else { high = middle }
        }
        let newer = low > 0 ? sums[low - 1] : 0
        return added.reduce(newer) { $1.id > want.id ? $0.saturated(adding: $1.size) : $0 }
            .saturated(adding: want.size) <= volume
    }

    mutating func add(_ want: Want) {
        added.append((want.id, want.size))
        if added.count >= Self.mostAdded { merge() }
    }

    private mutating func merge() {
        var rest = added.sorted { $0.id < $1.id }
        added = []
        let (oldIds, oldSums) = (ids, sums)
        (ids, sums) = ([], [])
        ids.reserveCapacity(oldIds.count + rest.count)
        sums.reserveCapacity(oldIds.count + rest.count)
        var before: Int64 = 0
        for (id, sum) in zip(oldIds, oldSums) {
            while let file = rest.last, file.id > id {
                append(file)
                rest.removeLast()
            }
            append((id, sum - before))
            before = sum
        }
        for file in rest.reversed() { append(file) }
    }

    private mutating func append(_ file: (id: Int, size: Int64)) {
        ids.append(file.id)
        sums.append((sums.last ?? 0).saturated(adding: file.size))
    }
}
