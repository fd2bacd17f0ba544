import NIOConcurrencyHelpers

/// The filters of many senders, for an index: which of them may hold a name.
///
/// Look-ups share a lock with updates that the latter hold only to publish what they have prepared, so an update of
/// many megabytes does not delay them.
package final class FilterSet: Sendable {
    /// Bits of a delta that are flipped while look-ups wait.
    private static let deltaSlice = 1024

    /// One update at a time. Taken before the look-up lock.
    private let updating = NIOLock()
    private let directory = NIOLockedValueBox(FilterDirectory())

    package init() {}

    /// Appends the senders whose filters hold the name; each sender once, in no particular order.
    package func appendSenders(maybeHolding name: Span<UInt8>, to senders: inout [Int]) {
        directory.withLockedValue { $0.appendSenders(maybeHolding: name, to: &senders) }
    }

    /// Gives a sender this filter instead of the one it had, if any. Look-ups see the one or the other.
    package func replace(_ sender: Int, with filter: FilterBits) {
        updating.withLock {
            let population = filter.population
            let shared = directory.withLockedValue { $0.table(of: filter.shape, besides: sender) }
            let table = shared ?? FilterTable(filter)
            let column = table.freeColumn
            let width = table.width(with: column)
            if shared != nil { fill(column, of: table, width: width, with: filter) }
            let dropped = directory.withLockedValue { directory in
                table.occupy(column, by: sender, population: population, width: width)
                return directory.place(sender, FilterPlace(table: table, column: column))
            }
            // Freed here, not while look-ups wait.
            withExtendedLifetime(dropped) {}
        }
    }

    /// Many at once, each of another sender: the tables are made as wide as they must be, and each is written once. For a
    /// start, when filters of an earlier run come back.
    package func restore(_ filters: [(sender: Int, filter: FilterBits)]) {
        updating.withLock {
            for (shape, group) in Dictionary(grouping: filters, by: \.filter.shape) {
                let table = FilterTable(group.map(\.filter), shape: shape)
                let populations = group.map(\.filter.population)
                directory.withLockedValue { directory in
                    for (column, item) in group.enumerated() {
                        table.occupy(
                            column, by: item.sender, population: populations[column], width: table.width(with: column))
                        _ = directory.place(item.sender, FilterPlace(table: table, column: column))
                    }
                }
            }
        }
    }

    /// Flips bits of the sender's filter. False, and nothing done, when it has none of the delta's shape.
    package func apply(_ delta: FilterDelta, to sender: Int) -> Bool {
        updating.withLock {
            guard let place = self.place(of: sender), place.table.shape == delta.shape else { return false }
            for first in stride(from: 0, to: delta.count, by: Self.deltaSlice) {
                let slice = delta.positions[first..<min(first + Self.deltaSlice, delta.count)]
                directory.withLockedValue { _ in place.table.flip(slice, in: place.column) }
            }
            return true
        }
    }

    package func remove(_ sender: Int) {
        updating.withLock {
            let dropped = directory.withLockedValue { $0.remove(sender) }
            withExtendedLifetime(dropped) {}
        }
    }

    /// The sender's filter as it is now.
    package func extract(_ sender: Int) -> FilterBits? {
        updating.withLock { place(of: sender).flatMap { $0.table.extract($0.column) } }
    }

    private func place(of sender: Int) -> FilterPlace? { directory.withLockedValue { $0.places[sender] } }

    /// Makes a copy of each block with the column in it and puts that in its place: look-ups wait for no more than
    /// the exchange.
    private func fill(_ column: Int, of table: FilterTable, width: Int, with filter: FilterBits) {
        var spare: RowBlock?
        for index in table.blocks.indices {
            let old = table.blocks[index]
            let new = RowBlock.reusing(&spare, rows: old.rows, rowBits: width)
            new.copy(old)
            new.fill(column, from: filter.bytes.span, at: index * RowBlock.capacity / 8)
            directory.withLockedValue { _ in table.replaceBlock(index, with: new) }
            spare = old
        }
        spare?.deallocate()
    }
}

extension FilterSet {
    /// Senders that have a filter.
    package var count: Int { directory.withLockedValue { $0.places.count } }

    package func shape(of sender: Int) -> FilterShape? { place(of: sender)?.table.shape }

    /// Bits that are set in the sender's filter.
    package func population(_ sender: Int) -> Int? {
        directory.withLockedValue { $0.places[sender].map { $0.table.population($0.column) } }
    }

    /// Of the tables; what an update needs for a moment is not counted.
    package var memoryBytes: Int { directory.withLockedValue { $0.tables.reduce(0) { $0 + $1.byteCount } } }
}
