import RLSCore
import RLSStorage

/// A write transaction: the rules are decided over facts that were fetched for the whole group, and the rows written at the end.
final class PostgreSQLCatalogTransaction: CatalogTransaction, PostgreSQLTransaction, PostgreSQLRLIRegistry {
    static let schema = "lrc"
    let registry = RegistrySQL(schema: schema)
    var countChange = CatalogCounts()
    var events: [CatalogEvent] = []
    private let log: ChangeLog
    private var connection: PostgreSQLConnection?
    private var deadline = Deadline(in: .zero)
    private var counts = CatalogCounts()
    /// Number of the last logged commit.
    private var logged = 0
    private var isLogged = false
    private var facts = CatalogFacts()
    private var attributes: AttributeTable?
    /// All changes of the group, and how many of them have been applied.
    private var changes: [Change] = []
    private var position = 0

    init(log: ChangeLog) { self.log = log }

    // MARK: Transaction

    func begin(
        _ changes: [Change], as writer: ServerID, on connection: PostgreSQLConnection, by deadline: Deadline
    ) throws(StorageError) -> Int {
        (self.connection, self.deadline, self.changes, position) = (connection, deadline, changes, 0)
        (countChange, events, facts, attributes) = (CatalogCounts(), [], CatalogFacts(), nil)
        try connection.send("BEGIN ISOLATION LEVEL READ COMMITTED")
        try connection.send(CatalogSQL.lockState)
        var parameters = PostgreSQLParameters()
        parameters.add(writer)
        try connection.send(CatalogSQL.commits, parameters)
        let needsAttributes = changes.contains(where: \.needsAttributes)
        if needsAttributes { try connection.send(CatalogSQL.attributes) }
        // Attributes have numbers that the inquiry needs.
        let inquiry = needsAttributes ? nil : CatalogInquiry(changes[...], nil)
        try inquiry?.send(on: connection)
        let results = try connection.results(by: deadline)
        guard results.count >= (needsAttributes ? 4 : 3), results[1].count == 1 else {
            throw StorageError(.notADatabase, "the catalog's state is missing: restore lrc.state from a backup")
        }
        (logged, isLogged) = (results[1].integer(0, 0), results[1].boolean(0, 1))
        counts = CatalogCounts(
            lfns: results[1].integer(0, 2), pfns: results[1].integer(0, 3), mappings: results[1].integer(0, 4))
        if let inquiry {
            inquiry.receive(results, &facts)
        } else {
            attributes = AttributeTable(results[3])
            try learn()
        }
        return results[2].count == 1 ? results[2].integer(0, 0) : 0
    }

    /// Facts for the changes that are left.
    private func learn() throws(StorageError) {
        let inquiry = CatalogInquiry(changes[position...], attributes)
        if inquiry.isEmpty { return }
        try inquiry.send(on: live())
        inquiry.receive(try live().results(by: deadline), &facts)
    }

    private func live() throws(StorageError) -> PostgreSQLConnection {
        guard let connection else { throw StorageError(.other, "no transaction") }
        return connection
    }

    func query(_ text: String, _ parameters: PostgreSQLParameters) throws(StorageError) -> PostgreSQLResult {
        try live().query(text, parameters, by: deadline)
    }

    func apply(_ change: Change) throws(StorageError) -> CatalogError? {
        if position > 0 && changes[position - 1].voidsFacts {
            facts = CatalogFacts()
            try learn()
        }
        position += 1
        if change.voidsFacts { try write() }
        return try applyRules(change)
    }

    private func applyRules(_ change: Change) throws(StorageError) -> CatalogError? {
        let transaction: any CatalogTransaction = self
        return try transaction.apply(change)
    }

    func finish() throws(StorageError) -> CatalogCounts {
        try write()
        let mustLog = isLogged && !events.isEmpty || events.contains(.rlisChanged)
        if events.contains(.rlisChanged) { try live().send(CatalogSQL.setLogged) }
        if mustLog {
            logged += 1
            var parameters = PostgreSQLParameters()
            parameters.add(logged)
            parameters.add(CatalogEventCoding.encode(events))
            try live().send(CatalogSQL.log, parameters)
        }
        let counts = self.counts + countChange
        if mustLog || countChange != CatalogCounts() {
            var parameters = PostgreSQLParameters()
            for number in [logged, counts.lfns, counts.pfns, counts.mappings] { parameters.add(number) }
            try live().send(CatalogSQL.setState, parameters)
        }
        return counts
    }

    func committed() {
        connection = nil
        if !events.isEmpty { log.wake() }
    }

    func abandoned() { connection = nil }

    /// Queues the rows that have changed.
    private func write() throws(StorageError) {
        try CatalogWriter(connection: live()).write(facts.takeWrites())
    }

    func resetCounts() {
        countChange =
            CatalogCounts()
            + CatalogCounts(
                lfns: -counts.lfns, pfns: -counts.pfns, mappings: -counts.mappings)
    }

    // MARK: Mappings

    private func count(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> Int {
        let object = ObjectName(kind: kind, name: name)
        if let known = facts.count(of: object) { return known }
        throw StorageError(.other, "a name was not asked for: \(name)")
    }

    func hasName(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> Bool { try count(kind, name) > 0 }

    func hasMapping(_ mapping: Mapping) throws(StorageError) -> Bool {
        if let known = facts.has(mapping) { return known }
        throw StorageError(.other, "a mapping was not asked for: \(mapping.subject)")
    }

    func insert(_ mapping: Mapping) { facts.insert(mapping) }

    func remove(_ mapping: Mapping) throws(StorageError) -> Bool {
        guard try hasMapping(mapping) else { return false }
        facts.remove(mapping)
        return true
    }

    func rename(_ kind: NameKind, from old: ByteString, to new: ByteString) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(name: StoredName(old))
        parameters.add(name: StoredName(new))
        try live().send(CatalogSQL.rename(kind), parameters)
        parameters.add(kind.rawValue)
        try live().send(CatalogSQL.renameValues, parameters)
    }

    func removeEverything() throws(StorageError) {
        // Readers that come later queue up behind it.
        try live().send("SET LOCAL lock_timeout = '5s'")
        try live().send(CatalogSQL.clear)
    }

    // MARK: Attributes

    func attribute(_ kind: NameKind, _ name: ByteString) -> StoredAttribute? { attributes?[kind, name] }

    func define(_ definition: AttributeDefinition) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(definition.kind.rawValue)
        parameters.add(definition.name)
        parameters.add(definition.type.rawValue)
        // What is queued before it comes back with it.
        try live().send(CatalogSQL.insertAttribute, parameters)
        guard let result = try live().results(by: deadline).last, result.count == 1 else {
            throw StorageError(.other, "no number for an attribute")
        }
        attributes?.add(StoredAttribute(id: Int64(result.integer(0, 0)), definition: definition))
    }

    func undefine(_ attribute: StoredAttribute) throws(StorageError) {
        try live().send(CatalogSQL.deleteAttribute, .number(attribute.id))
        attributes?.remove(attribute)
    }

    func hasValues(_ attribute: StoredAttribute) throws(StorageError) -> Bool {
        try live().send(CatalogSQL.attributeHasValues, .number(attribute.id))
        return try live().results(by: deadline).last.map { $0.count > 0 } ?? false
    }

    func hasValue(_ attribute: StoredAttribute, of key: ByteString) throws(StorageError) -> Bool {
        let name = ObjectName(kind: attribute.definition.kind, name: key)
        // Nothing was asked of an attribute that the same group defines.
        return facts.hasValue(name, attribute: attribute.id) ?? false
    }

    func setValue(_ value: AttributeValue, _ attribute: StoredAttribute, of key: ByteString) {
        facts.set(value, attribute: attribute.id, of: ObjectName(kind: attribute.definition.kind, name: key))
    }

    func removeValue(_ attribute: StoredAttribute, of key: ByteString) {
        facts.set(nil, attribute: attribute.id, of: ObjectName(kind: attribute.definition.kind, name: key))
    }

    func forget(_ kind: NameKind, _ name: ByteString) { facts.forget(ObjectName(kind: kind, name: name)) }
}

extension PostgreSQLParameters {
    fileprivate static func number(_ number: Int64) -> PostgreSQLParameters {
        var parameters = PostgreSQLParameters()
        parameters.add(Int(number))
        return parameters
    }
}
