import RLSCore
import RLSStorage

/// The original's tables in a SQLite file. Each page is a transaction of its own: its server may go on meanwhile.
package final class SQLiteOriginalTables: OriginalTables {
    private static let page = 2_000

    private let connection: SQLiteConnection
    private let tables: Set<String>

    package init(path: String) throws(StorageError) {
        connection = try SQLiteConnection(path: path, access: .readOnly, busyTimeout: 10_000, cacheKiB: 32_768)
        tables = try SQLiteFile.names(connection)
    }

    private func sql(_ text: String) throws(StorageError) -> SQLiteStatement { try connection.statement(text) }

    package func estimatedMappings() throws(StorageError) -> Int? { try? connection.integer(OriginalSQL.estimate) }

    // MARK: Mappings

    package func mappings(after position: OriginalPosition, limit: Int) throws(StorageError) -> [OriginalMapping] {
        let statement = try sql(OriginalSQL.mappings).bind(1, position.lfn).bind(2, position.pfn).bind(3, limit)
        defer { statement.reset() }
        var rows: [OriginalMapping] = []
        rows.reserveCapacity(limit)
        while try statement.step() {
            rows.append(
                OriginalMapping(
                    position: statement.position, lfn: statement.storedText(2), pfn: statement.storedText(3)))
        }
        return rows
    }

    package func lastLFN() throws(StorageError) -> Int64? {
        let statement = try sql(OriginalSQL.lastLFN)
        defer { statement.reset() }
        return try statement.step() && !statement.isNull(0) ? Int64(statement.integer(0)) : nil
    }

    package func position(
        _ count: Int, before position: OriginalPosition
    ) throws(StorageError) -> OriginalPosition? {
        let statement = try sql(OriginalSQL.back).bind(1, position.lfn).bind(2, position.pfn).bind(3, count - 1)
        defer { statement.reset() }
        return try statement.step() ? statement.position : nil
    }

    package func countTargets(lengths: ClosedRange<Int>) throws(StorageError) -> Int {
        let statement = try sql(OriginalSQL.targets).bind(1, lengths.lowerBound).bind(2, lengths.upperBound)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }

    // MARK: Attributes

    package func attributes() throws(StorageError) -> [OriginalAttribute] {
        guard tables.contains(OriginalTable.attributes) else { return [] }
        let statement = try sql(OriginalSQL.attributes)
        defer { statement.reset() }
        var rows: [OriginalAttribute] = []
        while try statement.step() {
            rows.append(
                OriginalAttribute(
                    id: Int64(statement.integer(0)), name: statement.storedText(1) ?? .empty,
                    objectType: statement.integer(2), valueType: statement.integer(3)))
        }
        return rows
    }

    package func values(
        of type: AttributeType, on kind: NameKind, visit: ([OriginalAttributeValue]) -> Visit
    ) throws(StorageError) {
        guard tables.isSuperset(of: [OriginalTable.attributes, OriginalTable.values(type)]) else { return }
        let text = OriginalSQL.values(of: type, on: kind)
        var last = Int.min
        while true {
            let (rows, end) = try page(of: text, after: last)
            if rows.isEmpty || visit(rows) == .stop { return }
            last = end
        }
    }

    private func page(
        of text: String, after last: Int
    ) throws(StorageError) -> (rows: [OriginalAttributeValue], last: Int) {
        let statement = try sql(text).bind(1, last).bind(2, Self.page)
        defer { statement.reset() }
        var (rows, last) = ([OriginalAttributeValue](), last)
        while try statement.step() {
            last = statement.integer(0)
            let isMapped = statement.integer(3) != 0
            rows.append(
                OriginalAttributeValue(
                    attribute: Int64(statement.integer(1)), key: isMapped ? statement.storedText(2) : nil,
                    content: statement.content(4)))
        }
        return (rows, last)
    }

    // MARK: Index servers

    package func rlis() throws(StorageError) -> [RLIRecord] {
        guard tables.contains(OriginalTable.rlis) else { return [] }
        let statement = try sql(OriginalSQL.rlis)
        defer { statement.reset() }
        var records: [RLIRecord] = []
        while try statement.step() {
            let patterns = try patterns(of: statement.integer(0))
            records.append(
                RLIRecord(
                    url: statement.storedText(1) ?? .empty, flags: statement.integer(2), lastUpdate: 0,
                    patterns: patterns))
        }
        return records
    }

    private func patterns(of rli: Int) throws(StorageError) -> [ByteString] {
        guard tables.contains(OriginalTable.partitions) else { return [] }
        let statement = try sql(OriginalSQL.patterns).bind(1, rli)
        defer { statement.reset() }
        var patterns: [ByteString] = []
        while try statement.step() { if let pattern = statement.storedText(0) { patterns.append(pattern) } }
        return patterns
    }
}

extension SQLiteStatement {
    /// In the first two columns.
    fileprivate var position: OriginalPosition { OriginalPosition(lfn: Int64(integer(0)), pfn: Int64(integer(1))) }
}
