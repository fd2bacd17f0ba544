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

        /// What has been written has left the free space already.
        fileprivate var missing: Int64 {
            size < SpaceAccount.large ? size : max(0, size - PartialFile.written(path))
        }
    }

    struct Entries {
        private var byID: [Int: Entry] = [:]
        private var large: Set<Int> = []
        /// Bytes of the others, by partition.
        private var small: [String: Int64] = [:]

        mutating func add(_ id: Int, _ entry: Entry) {
            remove(id)
            byID[id] = entry
            if entry.size < SpaceAccount.large {
                small[entry.partition, default: 0] += entry.size
            } else {
                large.insert(id)
            }
        }

        mutating func remove(_ id: Int) {
            guard let entry = byID.removeValue(forKey: id) else { return }
            if large.remove(id) == nil { small[entry.partition, default: 0] -= entry.size }
        }

        func missing(in partition: String) -> Int64 {
            large.reduce(small[partition, default: 0]) { sum, id in
                guard let entry = byID[id], entry.partition == partition else { return sum }
                let (more, overflow) = sum.addingReportingOverflow(entry.missing)
                return overflow ? .max : more
            }
        }
    }

    private let entries = NIOLockedValueBox(Entries())

    /// Looks and adds in one step: two that plan at a time would see the same room.
    func use<Value>(_ body: (inout Entries) -> Value) -> Value { entries.withLockedValue { body(&$0) } }

    /// It has arrived, or will not.
    func release(_ id: Int) { entries.withLockedValue { $0.remove(id) } }
}
