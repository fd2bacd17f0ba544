import NIOConcurrencyHelpers

/// Bytes that files on their way will still take in each partition, whichever source they come from: none of several at a
/// time shall count on the room of another.
struct SpaceAccount: Sendable {
    /// Bytes; of smaller files nobody asks how much has been written.
    private static let large: Int64 = 64 << 20

    struct Entry: Sendable {
        let partition: String
        let size: Int64
        /// Of the file that is written meanwhile.
        let path: String

        fileprivate var isLarge: Bool { size >= SpaceAccount.large }
        /// What has been written has left the free space already.
        fileprivate var missing: Int64 { isLarge ? max(0, size - PartialFile.written(path)) : size }
    }

    struct Entries {
        private var byID: [Int: (entry: Entry, missing: Int64)] = [:]
        private var large: Set<Int> = []
        /// By partition.
        private var sums: [String: Int64] = [:]
        private var nextLook = ContinuousClock.now

        mutating func add(_ id: Int, _ entry: Entry) {
            remove(id)
            if entry.isLarge { large.insert(id) }
            set(id, entry, entry.missing)
        }

        mutating func remove(_ id: Int) {
            guard let (entry, bytes) = byID.removeValue(forKey: id) else { return }
            large.remove(id)
            sums[entry.partition, default: 0] -= bytes
        }

        /// Files are looked at once a second: meanwhile the account says rather too much.
        mutating func missing(in partition: String) -> Int64 {
            if ContinuousClock.now >= nextLook {
                for id in large {
                    guard let (entry, bytes) = byID[id] else { continue }
                    sums[entry.partition, default: 0] -= bytes
                    set(id, entry, entry.missing)
                }
                nextLook = .now + .seconds(1)
            }
            return sums[partition, default: 0]
        }

        private mutating func set(_ id: Int, _ entry: Entry, _ bytes: Int64) {
            // What is planned has room: the sum stays far below any limit.
            byID[id] = (entry, bytes)
            sums[entry.partition, default: 0] += bytes
        }

        func contains(_ id: Int) -> Bool { byID[id] != nil }
    }

    private let entries = NIOLockedValueBox(Entries())

    /// Looks and adds in one step: two that plan at a time would see the same room.
    func use<Value>(_ body: (inout Entries) -> Value) -> Value { entries.withLockedValue { body(&$0) } }

    func contains(_ id: Int) -> Bool { entries.withLockedValue { $0.contains(id) } }

    /// It has arrived, or will not.
    func release(_ id: Int) { entries.withLockedValue { $0.remove(id) } }
}
