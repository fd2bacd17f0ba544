import RLSCore
import RLSStorage

/// Reads on one connection. Look-ups share a snapshot until something is committed: opening one costs more than a look-up.
final class SQLiteCatalogReader: CatalogReader {
    private let connection: SQLiteConnection
    private let commits: CommitSequence
    private var snapshot: Int?
    private var isPinned = false

    // The statements of the hot path, prepared once.
    private let hasLFN: SQLiteStatement
    private let hasPFN: SQLiteStatement
    private let targets: SQLiteStatement
    private let sources: SQLiteStatement

    init(_ connection: SQLiteConnection, commits: CommitSequence) throws(StorageError) {
        self.connection = connection
        self.commits = commits
        try connection.execute("PRAGMA query_only = 1")
        hasLFN = try connection.statement(CatalogSQL.hasName(.lfn))
        hasPFN = try connection.statement(CatalogSQL.hasName(.pfn))
        targets = try connection.statement(CatalogSQL.partners(.lfn))
        sources = try connection.statement(CatalogSQL.partners(.pfn))
    }

    // MARK: Snapshot

    /// After this, reads see at least everything that was acknowledged before the call.
    private func refresh() throws(StorageError) {
        if isPinned { return }
        let committed = commits.current
        if snapshot == committed { return }
        release()
        try connection.statement("BEGIN").run()
        snapshot = committed
    }

    func pin() throws(StorageError) {
        release()
        try refresh()
        // SQLite takes the snapshot with the first read.
        _ = try sql(CatalogSQL.identity).hasRow()
        isPinned = true
    }

    func release() {
        isPinned = false
        snapshot = nil
        if connection.isInTransaction { try? connection.execute("COMMIT") }
    }

    private func sql(_ text: String) throws(StorageError) -> SQLiteStatement { try connection.statement(text) }

    // MARK: Names and mappings

    func hasName(_ kind: NameKind, _ name: Span<UInt8>) throws(StorageError) -> Bool {
        try refresh()
        let statement = kind == .lfn ? hasLFN : hasPFN
        return try name.withUnsafeBytes { (bytes) throws(StorageError) in
            try statement.bindBorrowed(1, bytes)
            return try statement.hasRow()
        }
    }

    func hasMapping(lfn: Span<UInt8>, pfn: Span<UInt8>) throws(StorageError) -> Bool {
        try refresh()
        return try sql(CatalogSQL.hasMapping).bind(1, ByteString(lfn)).bind(2, ByteString(pfn)).hasRow()
    }

    func partners(
        of kind: NameKind, _ name: Span<UInt8>, after: ByteString?, visit: (Span<UInt8>) -> Visit
    ) throws(StorageError) {
        try refresh()
        let statement: SQLiteStatement
        if let after {
            statement = try sql(CatalogSQL.partnersAfter(kind)).bind(2, after)
        } else {
            statement = kind == .lfn ? targets : sources
        }
        try name.withUnsafeBytes { (bytes) throws(StorageError) in
            try statement.bindBorrowed(1, bytes)
            defer { statement.reset() }
            while try statement.step() {
                if statement.withBytes(0, visit) == .stop { return }
            }
        }
    }

    func mappings(
        by kind: NameKind, prefix: ByteString, order: MappingOrder, after: MappingPosition?,
        visit: (_ name: Span<UInt8>, _ partner: Span<UInt8>) -> Visit
    ) throws(StorageError) {
        try refresh()
        var isStopped = false
        if let after {
            // The rest of the name we stopped at, then the names behind it.
            try partners(of: kind, after.name.bytes.span, after: after.partner) { partner in
                let wish = visit(after.name.bytes.span, partner)
                isStopped = wish == .stop
                return wish
            }
            if isStopped { return }
        }
        let statement = try range(kind, prefix: prefix, order: order, after: after?.name)
        defer { statement.reset() }
        while try statement.step() {
            let wish = statement.withBytes(0) { name in statement.withBytes(1) { visit(name, $0) } }
            if wish == .stop { return }
        }
    }

    private func range(
        _ kind: NameKind, prefix: ByteString, order: MappingOrder, after: ByteString?
    ) throws(StorageError) -> SQLiteStatement {
        switch order {
        case .ascending:
            let upper = prefix.prefixEnd
            let text = CatalogSQL.mappings(kind, order: "ASC", lower: after == nil ? ">=" : ">", upper: upper != nil)
            let statement = try sql(text).bind(1, after ?? prefix)
            if let upper { try statement.bind(2, upper) }
            return statement
        case .namesDescending:
            let upper = after ?? prefix.prefixEnd
            let text = CatalogSQL.mappings(kind, order: "DESC", lower: ">=", upper: upper != nil)
            let statement = try sql(text).bind(1, prefix)
            if let upper { try statement.bind(2, upper) }
            return statement
        }
    }

    func lfns(after: ByteString?, visit: (Span<UInt8>) -> Visit) throws(StorageError) {
        try refresh()
        let statement = try sql(after == nil ? CatalogSQL.lfns : CatalogSQL.lfnsAfter)
        if let after { try statement.bind(1, after) }
        defer { statement.reset() }
        var last = ByteString.empty
        while try statement.step() {
            let wish = statement.withBytes(0) { name in
                let bytes = last.bytes
                if name.equals(bytes.span) { return Visit.next }
                last = ByteString(name)
                return visit(name)
            }
            if wish == .stop { return }
        }
    }

    func identity() throws(StorageError) -> ByteString {
        try refresh()
        let statement = try sql(CatalogSQL.identity)
        defer { statement.reset() }
        guard try statement.step() else { throw StorageError(.corrupt, "the catalog's identity is missing") }
        return statement.bytes(0)
    }

    // MARK: Attributes

    func attributeDefinition(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> AttributeDefinition? {
        try storedAttribute(kind, name)?.definition
    }

    private func storedAttribute(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> StoredAttribute? {
        try refresh()
        return try SQLiteCatalogTransaction(connection).attribute(kind, name)
    }

    func attributeDefinitions(_ kind: NameKind) throws(StorageError) -> [AttributeDefinition] {
        try refresh()
        let statement = try sql(CatalogSQL.attributes).bind(1, kind.rawValue)
        defer { statement.reset() }
        var definitions: [AttributeDefinition] = []
        while try statement.step() {
            guard let type = AttributeType(rawValue: statement.integer(1)) else { continue }
            definitions.append(AttributeDefinition(name: statement.bytes(0), kind: kind, type: type))
        }
        return definitions
    }

    func attributeValues(_ kind: NameKind, of key: Span<UInt8>) throws(StorageError) -> [NamedValue] {
        try refresh()
        let statement = try sql(CatalogSQL.values).bind(1, kind.rawValue).bind(2, ByteString(key))
        defer { statement.reset() }
        var values: [NamedValue] = []
        while try statement.step() {
            guard let type = AttributeType(rawValue: statement.integer(1)), let value = statement.value(2, as: type)
            else { continue }
            values.append(NamedValue(name: statement.bytes(0), value: value))
        }
        return values
    }

    func search(
        _ definition: AttributeDefinition, _ condition: AttributeCondition, after: SearchPosition?,
        visit: (_ key: Span<UInt8>, _ value: AttributeValue, _ position: SearchPosition) -> Visit
    ) throws(StorageError) {
        guard let attribute = try storedAttribute(definition.kind, definition.name) else { return }
        let (text, operands) = Self.comparison(condition)
        let statement = try sql(CatalogSQL.search(text, resumes: after != nil)).bind(1, attribute.id)
        for (index, operand) in operands.enumerated() { try statement.bind(Int32(index + 2), operand) }
        if let after { try statement.bind(4, after.value).bind(5, after.object) }
        defer { statement.reset() }
        while try statement.step() {
            guard let value = statement.value(1, as: definition.type) else { continue }
            let position = SearchPosition(value: value, object: Int64(statement.integer(2)))
            if statement.withBytes(0, { visit($0, value, position) }) == .stop { return }
        }
    }

    private static func comparison(_ condition: AttributeCondition) -> (String, [AttributeValue]) {
        switch condition {
        case .any: ("", [])
        case .equal(let value): ("AND value = ?2", [value])
        case .notEqual(let value): ("AND value <> ?2", [value])
        case .greater(let value): ("AND value > ?2", [value])
        case .greaterOrEqual(let value): ("AND value >= ?2", [value])
        case .less(let value): ("AND value < ?2", [value])
        case .lessOrEqual(let value): ("AND value <= ?2", [value])
        case .between(let low, let high): ("AND value BETWEEN ?2 AND ?3", [low, high])
        case .like(let pattern):
            pattern.prefix.prefixEnd.map { ("AND value >= ?2 AND value < ?3", [.string(pattern.prefix), .string($0)]) }
                ?? ("AND value >= ?2", [.string(pattern.prefix)])
        }
    }

    // MARK: Index servers

    func rlis() throws(StorageError) -> [RLIRecord] {
        try refresh()
        return try connection.rliRecords()
    }
}
