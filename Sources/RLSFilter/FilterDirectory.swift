/// Where a sender's filter is.
struct FilterPlace: Sendable {
    let table: FilterTable
    let column: Int
}

/// The tables of a set, and which sender is where; all of it under the look-up lock.
struct FilterDirectory: Sendable {
    private(set) var tables: [FilterTable] = []
    private(set) var places: [Int: FilterPlace] = [:]
    /// What look-ups must compute of a name for the tables there are.
    private var usesXXH3 = false
    private var legacyHashes = 0

    func appendSenders(maybeHolding name: Span<UInt8>, to senders: inout [Int]) {
        let hashes = NameHashes(name, xxh3: usesXXH3, legacy: legacyHashes)
        for table in tables { table.appendSenders(maybeHolding: hashes, to: &senders) }
    }

    /// The table that a filter of the sender would go to. Not one that only the sender uses: it is quicker to make
    /// anew.
    func table(of shape: FilterShape, besides sender: Int) -> FilterTable? {
        guard let table = tables.first(where: { $0.shape == shape }) else { return nil }
        return table.count == 1 && places[sender]?.table === table ? nil : table
    }

    /// Puts the sender in a column that is filled. Gives back the table that this leaves empty, if any.
    mutating func place(_ sender: Int, _ place: FilterPlace) -> FilterTable? {
        let dropped = remove(sender)
        places[sender] = place
        if place.table.count == 1 && !tables.contains(where: { $0 === place.table }) { tables.append(place.table) }
        countHashes()
        return dropped
    }

    mutating func remove(_ sender: Int) -> FilterTable? {
        guard let old = places.removeValue(forKey: sender) else { return nil }
        old.table.vacate(old.column)
        guard old.table.count == 0, let index = tables.firstIndex(where: { $0 === old.table }) else { return nil }
        tables.remove(at: index)
        countHashes()
        return old.table
    }

    private mutating func countHashes() {
        usesXXH3 = tables.contains { $0.shape.hashing == .xxh3 }
        legacyHashes = tables.reduce(0) { $1.shape.hashing == .legacy ? max($0, $1.shape.hashes) : $0 }
    }
}
