/// What was seen of partitions, for thousands of files that are planned in one go.
struct PartitionLooks {
    private var prepared: Set<String> = []
    private var seen: [String: (free: Int64?, at: ContinuousClock.Instant)] = [:]

    /// What others write meanwhile is not seen for so long.
    private static let age = Duration.milliseconds(500)

    /// - Throws: `localError`
    mutating func prepare(_ incoming: IncomingDirectory) throws(TransferFailure) {
        if prepared.contains(incoming.path) { return }
        try incoming.prepare()
        prepared.insert(incoming.path)
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
