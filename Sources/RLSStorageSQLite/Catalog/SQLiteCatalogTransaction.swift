import RLSCore
import RLSStorage

/// The statements of a write transaction, on the writer's connection.
final class SQLiteCatalogTransaction: CatalogTransaction, SQLiteTransaction, SQLiteRLIRegistry {
    let connection: SQLiteConnection
    private let observer: CommitObserver?
    var countChange = CatalogCounts()
    var events: [CatalogEvent] = []

    init(_ connection: SQLiteConnection, observer: CommitObserver? = nil) {
        self.connection = connection
        self.observer = observer
    }

    // MARK: Transaction

    func begin() throws(StorageError) {
        countChange = CatalogCounts()
        events.removeAll(keepingCapacity: true)
        try connection.statement("BEGIN IMMEDIATE").run()
    }

    func commit() throws(StorageError) -> CatalogCounts {
        let changes = [
            (Self.addToLFNs, countChange.lfns), (Self.addToPFNs, countChange.pfns),
            (Self.addToMappings, countChange.mappings),
        ]
        for (text, change) in changes where change != 0 { try sql(text).bind(1, change).run() }
        let counts = try counts()
        try connection.statement("COMMIT").run()
        return counts
    }

    func committed() {
        if !events.isEmpty { observer?.tell(events) }
    }

    private static let addToLFNs = CatalogSQL.addToCounter("lfn")
    private static let addToPFNs = CatalogSQL.addToCounter("pfn")
    private static let addToMappings = CatalogSQL.addToCounter("mapping")

    func counts() throws(StorageError) -> CatalogCounts {
        let statement = try sql(CatalogSQL.counters)
        defer { statement.reset() }
        var values: [Int] = []
        while try statement.step() { values.append(statement.integer(0)) }
        guard values.count == 3 else { throw StorageError(.corrupt, "the counters are missing") }
        return CatalogCounts(lfns: values[0], pfns: values[2], mappings: values[1])
    }

    private func sql(_ text: String) throws(StorageError) -> SQLiteStatement { try connection.statement(text) }

    // MARK: Mappings

    func hasName(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> Bool {
        try sql(kind == .lfn ? Self.hasLFN : Self.hasPFN).bind(1, name).hasRow()
    }
    private static let hasLFN = CatalogSQL.hasName(.lfn)
    private static let hasPFN = CatalogSQL.hasName(.pfn)

    func hasMapping(_ mapping: Mapping) throws(StorageError) -> Bool {
        try sql(CatalogSQL.hasMapping).bind(1, mapping.lfn).bind(2, mapping.pfn).hasRow()
    }

    func insert(_ mapping: Mapping) throws(StorageError) {
        try sql(CatalogSQL.insertMapping).bind(1, mapping.lfn).bind(2, mapping.pfn).run()
    }

    func remove(_ mapping: Mapping) throws(StorageError) -> Bool {
        try sql(CatalogSQL.deleteMapping).bind(1, mapping.lfn).bind(2, mapping.pfn).run() > 0
    }

    func rename(_ kind: NameKind, from old: ByteString, to new: ByteString) throws(StorageError) {
        try sql(CatalogSQL.renameMapping(kind)).bind(1, old).bind(2, new).run()
        try sql(CatalogSQL.renameObject).bind(1, kind.rawValue).bind(2, old).bind(3, new).run()
    }

    func removeEverything() throws(StorageError) {
        for table in ["mapping", "object", "attribute_value"] { try sql("DELETE FROM \(table)").run() }
    }

    func resetCounts() throws(StorageError) {
        countChange = CatalogCounts()
        try sql(CatalogSQL.zeroCounters).run()
    }

    // MARK: Attributes

    func attribute(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> StoredAttribute? {
        let statement = try sql(CatalogSQL.attribute).bind(1, kind.rawValue).bind(2, name)
        defer { statement.reset() }
        guard try statement.step(), let type = AttributeType(rawValue: statement.integer(1)) else { return nil }
        let definition = AttributeDefinition(name: name, kind: kind, type: type)
        return StoredAttribute(id: Int64(statement.integer(0)), definition: definition)
    }

    func define(_ definition: AttributeDefinition) throws(StorageError) {
        try sql(CatalogSQL.insertAttribute).bind(1, definition.kind.rawValue).bind(2, definition.name)
            .bind(3, definition.type.rawValue).run()
    }

    func undefine(_ attribute: StoredAttribute) throws(StorageError) {
        try sql(CatalogSQL.deleteAttributeValues).bind(1, attribute.id).run()
        try sql(CatalogSQL.deleteAttribute).bind(1, attribute.id).run()
    }

    func hasValues(_ attribute: StoredAttribute) throws(StorageError) -> Bool {
        try sql(CatalogSQL.attributeHasValues).bind(1, attribute.id).hasRow()
    }

    func hasValue(_ attribute: StoredAttribute, of key: ByteString) throws(StorageError) -> Bool {
        guard let object = try object(attribute.definition.kind, key) else { return false }
        return try sql(CatalogSQL.hasValue).bind(1, object).bind(2, attribute.id).hasRow()
    }

    func setValue(_ value: AttributeValue, _ attribute: StoredAttribute, of key: ByteString) throws(StorageError) {
        let kind = attribute.definition.kind
        let object = if let known = try object(kind, key) { known } else { try insertObject(kind, key) }
        try sql(CatalogSQL.setValue).bind(1, object).bind(2, attribute.id).bind(3, value).run()
    }

    func removeValue(_ attribute: StoredAttribute, of key: ByteString) throws(StorageError) {
        guard let object = try object(attribute.definition.kind, key) else { return }
        try sql(CatalogSQL.deleteValue).bind(1, object).bind(2, attribute.id).run()
        if try !sql(CatalogSQL.objectHasValues).bind(1, object).hasRow() {
            try sql(CatalogSQL.deleteObject).bind(1, object).run()
        }
    }

    func forget(_ kind: NameKind, _ name: ByteString) throws(StorageError) {
        guard let object = try object(kind, name) else { return }
        try sql(CatalogSQL.deleteObjectValues).bind(1, object).run()
        try sql(CatalogSQL.deleteObject).bind(1, object).run()
    }

    private func object(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> Int64? {
        let statement = try sql(CatalogSQL.object).bind(1, kind.rawValue).bind(2, name)
        defer { statement.reset() }
        return try statement.step() ? Int64(statement.integer(0)) : nil
    }

    private func insertObject(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> Int64 {
        let statement = try sql(CatalogSQL.insertObject).bind(1, kind.rawValue).bind(2, name)
        defer { statement.reset() }
        guard try statement.step() else { throw StorageError(.other, "no row number for a new object") }
        return Int64(statement.integer(0))
    }
}
