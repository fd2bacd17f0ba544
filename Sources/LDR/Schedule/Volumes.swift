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

    /// Why the file has to wait, if all subscriptions that want it have no room for it.
    func hold(_ want: Want) -> (kind: HeldBack, reason: String)? {
        var (wanting, kind, name) = (want.subscriptions, HeldBack.tooOld, "")
        for room in rooms where want.subscriptions & room.subscription.bit != 0 && room.bytes < want.size {
            wanting &= ~room.subscription.bit
            name = room.subscription.name
            guard let window = room.window else {
                kind = kind == .tooOld ? .volume : kind
                continue
            }
            if window.takes(want) { kind = .takesPlace }
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
    /// Bytes that have been added since.
    private var added: Int64 = 0

    init(_ subscription: Subscription, _ work: WorkStore) throws(StorageError) {
        volume = subscription.configuration.maximumVolume
        var sum: Int64 = 0
        try work.rollingFiles(of: subscription, newestFirst: true) { (file) throws(StorageError) in
            if file.state == .held { return }
            sum = sum.saturated(adding: file.size)
            ids.append(file.id)
            sums.append(sum)
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
        return newer.saturated(adding: added).saturated(adding: want.size) <= volume
    }

    mutating func add(_ want: Want) { added = added.saturated(adding: want.size) }
}
