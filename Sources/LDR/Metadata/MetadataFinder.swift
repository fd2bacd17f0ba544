import RLSCore

/// Searches all files of a site's catalog.
package struct MetadataFinder {
    /// What was found, and who published it.
    package struct Found: Sendable, Hashable {
        package let record: FileRecord
        package let publisher: String
    }

    package enum Key: Sendable, Hashable {
        case lfn
        case size
        case collection
        case publisher
        /// Files without it come last; numbers before texts.
        case attribute(String)
    }

    package struct Order: Sendable, Hashable {
        package var key: Key
        package var isDescending: Bool

        package init(_ key: Key, isDescending: Bool = false) {
            self.key = key
            self.isDescending = isDescending
        }
    }

    private let store: MetadataStore

    package init(_ store: MetadataStore) { self.store = store }

    /// Shows what matches, in order, `limit` of them after the first `offset`. By LFN it comes while the catalog is read;
    /// in other orders at its end, and `offset` + `limit` records are held meanwhile.
    /// - Parameters:
    ///   - limit: nil for all
    ///   - matches: a file and who published it
    package func find(
        sortedBy order: Order = Order(.lfn), offset: Int = 0, limit: Int? = nil,
        matches: (FileRecord, String) throws -> Bool, visit: (Found) throws -> Void
    ) throws {
        let end = limit.map { max(0, offset).addingReportingOverflow(max(0, $0)) }
        let needed = end.map { $0.overflow ? Int.max : $0.partialValue } ?? Int.max
        if needed <= max(0, offset) { return }
        if order == Order(.lfn) {
            try stream(max(0, offset)..<needed, matches, visit)
        } else {
            for found in try best(needed, order, matches).dropFirst(max(0, offset)) { try visit(found) }
        }
    }

    /// The same as a list.
    package func find(
        sortedBy order: Order = Order(.lfn), offset: Int = 0, limit: Int? = nil,
        matches: (FileRecord, String) throws -> Bool
    ) throws -> [Found] {
        var all: [Found] = []
        try find(sortedBy: order, offset: offset, limit: limit, matches: matches) { all.append($0) }
        return all
    }

    // MARK: Ways

    private func stream(
        _ range: Range<Int>, _ matches: (FileRecord, String) throws -> Bool, _ visit: (Found) throws -> Void
    ) throws {
        var number = 0
        try store.scan { record, stamp in
            guard try matches(record, stamp.site) else { return true }
            if range.contains(number) { try visit(Found(record: record, publisher: stamp.site)) }
            number += 1
            return number < range.upperBound
        }
    }

    /// The first `needed` in order.
    private func best(
        _ needed: Int, _ order: Order, _ matches: (FileRecord, String) throws -> Bool
    ) throws -> [Found] {
        var kept: [(key: SortKey, found: Found)] = []
        let enough = max(needed, 1_000).multipliedReportingOverflow(by: 2)
        func prune() {
            kept.sort {
                SortKey.isOrdered($0.key, $1.key, order.isDescending, $0.found.record.lfn, $1.found.record.lfn)
            }
            kept.removeLast(max(0, kept.count - needed))
        }
        try store.scan { record, stamp in
            if try matches(record, stamp.site) {
                let found = Found(record: record, publisher: stamp.site)
                kept.append((SortKey(order.key, found), found))
                if !enough.overflow && kept.count >= enough.partialValue { prune() }
            }
            return true
        }
        prune()
        return kept.map(\.found)
    }
}

/// What files are ordered by: numbers, then texts, then nothing.
private enum SortKey {
    case number(Double)
    case integer(Int64)
    case text(ByteString)
    case none

    init(_ key: MetadataFinder.Key, _ found: MetadataFinder.Found) {
        switch key {
        case .lfn: self = .text(found.record.lfn)
        case .size: self = .integer(found.record.size)
        case .collection: self = .text(ByteString(found.record.collection))
        case .publisher: self = .text(ByteString(found.publisher))
        case .attribute(let name):
            switch found.record.attributes[name] {
            case .integer(let number): self = .integer(number)
            case .number(let number): self = .number(number)
            case .text(let text): self = .text(ByteString(text))
            case nil: self = .none
            }
        }
    }

    /// Files with equal keys go by their names, upwards.
    static func isOrdered(
        _ left: SortKey, _ right: SortKey, _ isDescending: Bool, _ leftName: ByteString, _ rightName: ByteString
    ) -> Bool {
        switch (left, right) {
        case (.none, .none): return leftName < rightName
        case (.none, _): return false
        case (_, .none): return true
        default: break
        }
        if left.isBefore(right) { return !isDescending }
        if right.isBefore(left) { return isDescending }
        return leftName < rightName
    }

    private func isBefore(_ other: SortKey) -> Bool {
        switch (self, other) {
        case (.integer(let left), .integer(let right)): left < right
        case (.text(let left), .text(let right)): left < right
        case (.text, _), (.none, _): false
        case (_, .text), (_, .none): true
        default: (number ?? 0) < (other.number ?? 0)
        }
    }

    private var number: Double? {
        switch self {
        case .number(let number): number
        case .integer(let number): Double(number)
        case .text, .none: nil
        }
    }
}
