import RLSCore
import RLSStorage

/// The original's tables in a PostgreSQL database. Each page is a transaction of its own, all values of one kind and type are
/// one: its server may go on meanwhile.
package final class PostgreSQLOriginalTables: OriginalTables {
    /// For what has to look at a whole table.
    private static let longPatience = Duration.seconds(7_200)

    private let connection: PostgreSQLConnection
    private let settings: PostgreSQLSettings
    private let tables: Set<String>

    /// - Parameter settings: for the purpose `original`
    package init(_ settings: PostgreSQLSettings) throws(StorageError) {
        self.settings = settings
        connection = try PostgreSQLConnection(settings)
        tables = try PostgreSQLDatabase.tables(connection, by: Deadline(in: settings.patience))
    }

    private func query(_ text: String, _ numbers: Int64...) throws(StorageError) -> PostgreSQLResult {
        try query(text, numbers, by: Deadline(in: settings.patience))
    }

    private func query(
        _ text: String, _ numbers: [Int64], by deadline: Deadline
    ) throws(StorageError) -> PostgreSQLResult {
        var parameters = PostgreSQLParameters()
        for number in numbers { parameters.add(Int(number)) }
        return try connection.query(text, parameters, by: deadline)
    }

    package func estimatedMappings() throws(StorageError) -> Int? {
        let result = try query(OriginalSQL.estimate)
        return result.count == 1 && result.integer(0, 0) > 0 ? result.integer(0, 0) : nil
    }

    // MARK: Mappings

    package func mappings(after position: OriginalPosition, limit: Int) throws(StorageError) -> [OriginalMapping] {
        let result = try query(OriginalSQL.mappings, position.lfn, position.pfn, Int64(limit))
        return (0..<result.count).map { row in
            OriginalMapping(
                position: result.position(row), lfn: result.storedText(row, 2), pfn: result.storedText(row, 3))
        }
    }

    package func lastLFN() throws(StorageError) -> Int64? {
        let result = try query(OriginalSQL.lastLFN)
        return result.count == 1 && !result.isNull(0, 0) ? Int64(result.integer(0, 0)) : nil
    }

    package func position(
        _ count: Int, before position: OriginalPosition
    ) throws(StorageError) -> OriginalPosition? {
        let result = try query(OriginalSQL.back, position.lfn, position.pfn, Int64(count - 1))
        return result.count == 1 ? result.position(0) : nil
    }

    package func countTargets(lengths: ClosedRange<Int>) throws(StorageError) -> Int {
        let bounds = [Int64(lengths.lowerBound), Int64(lengths.upperBound)]
        let result = try query(OriginalSQL.targets, bounds, by: Deadline(in: Self.longPatience))
        return result.count == 1 ? result.integer(0, 0) : 0
    }

    // MARK: Attributes

    package func attributes() throws(StorageError) -> [OriginalAttribute] {
        guard tables.contains(OriginalTable.attributes) else { return [] }
        let result = try query(OriginalSQL.attributes)
        return (0..<result.count).map { row in
            OriginalAttribute(
                id: Int64(result.integer(row, 0)), name: result.bytes(row, 1), objectType: result.integer(row, 2),
                valueType: result.integer(row, 3))
        }
    }

    package func values(
        of type: AttributeType, on kind: NameKind, visit: ([OriginalAttributeValue]) -> Visit
    ) throws(StorageError) {
        guard tables.isSuperset(of: [OriginalTable.attributes, OriginalTable.values(type)]) else { return }
        defer { connection.rollback(by: Deadline(in: settings.patience)) }
        try connection.send("BEGIN")
        try connection.send(OriginalSQL.declareValues(of: type, on: kind))
        _ = try connection.results(by: Deadline(in: Self.longPatience))
        while true {
            let result = try query(OriginalSQL.fetchValues, [], by: Deadline(in: Self.longPatience))
            let rows = (0..<result.count).map { result.originalValue($0, of: type) }
            if rows.isEmpty || visit(rows) == .stop { return }
        }
    }

    // MARK: Index servers

    package func rlis() throws(StorageError) -> [RLIRecord] {
        guard tables.contains(OriginalTable.rlis) else { return [] }
        let patterns = try patterns()
        let result = try query(OriginalSQL.rlis)
        return (0..<result.count).map { row in
            RLIRecord(
                url: result.bytes(row, 1), flags: result.integer(row, 2), lastUpdate: 0,
                patterns: patterns[result.integer(row, 0)] ?? [])
        }
    }

    /// By the number of the index server.
    private func patterns() throws(StorageError) -> [Int: [ByteString]] {
        guard tables.contains(OriginalTable.partitions) else { return [:] }
        let result = try query(OriginalSQL.patterns)
        var patterns: [Int: [ByteString]] = [:]
        for row in 0..<result.count { patterns[result.integer(row, 0), default: []].append(result.bytes(row, 1)) }
        return patterns
    }
}

extension PostgreSQLResult {
    /// In the first two columns.
    fileprivate func position(_ row: Int) -> OriginalPosition {
        OriginalPosition(lfn: Int64(integer(row, 0)), pfn: Int64(integer(row, 1)))
    }

    fileprivate func storedText(_ row: Int, _ column: Int32) -> ByteString? {
        isNull(row, column) ? nil : bytes(row, column)
    }

    /// Attribute, name of the object, whether that is in a mapping, value.
    fileprivate func originalValue(_ row: Int, of type: AttributeType) -> OriginalAttributeValue {
        let content: OriginalAttributeValue.Content? =
            if isNull(row, 3) {
                nil
            } else {
                switch type {
                case .int: .integer(Int64(integer(row, 3)))
                case .float: .float(float(row, 3))
                case .date, .string: .text(bytes(row, 3))
                }
            }
        return OriginalAttributeValue(
            attribute: Int64(integer(row, 0)), key: boolean(row, 2) ? storedText(row, 1) : nil, content: content)
    }
}
