/// What was seen of partitions, for thousands of files that are planned in one go.
struct PartitionLooks {
    private var prepared: Set<String> = []
    /// Numbers of the parts that earlier attempts have left, by the partition's root.
    private var left: [String: Set<Int>] = [:]
    private var seen: [String: (free: Int64?, at: ContinuousClock.Instant)] = [:]

    /// What others write meanwhile is not seen for so long.
    private static let age = Duration.milliseconds(500)

    /// - Throws: `localError`
    mutating func prepare(_ incoming: IncomingDirectory) throws(TransferFailure) {
        if prepared.contains(incoming.path) { return }
        try incoming.prepare()
        prepared.insert(incoming.path)
    }

    /// Whether an earlier attempt has left a part of the file. Its number is this planner's: nobody else makes one meanwhile.
    mutating func hasPart(_ id: Int, _ incoming: IncomingDirectory) -> Bool {
        if let known = left[incoming.root] { return known.contains(id) }
        let found = Set(incoming.numbers)
        left[incoming.root] = found
        return found.contains(id)
    }

    /// Bytes; nil where nothing can be written.
    mutating func free(_ partition: StoragePartition, _ ask: (StoragePartition) -> Int64?) -> Int64? {
        let now = ContinuousClock.now
        if let last = seen[partition.name], now - last.at < Self.age { return last.free }
        let free = ask(partition)
        seen[partition.name] = (free, now)
        return free
    }
}
