import RLSCore
import RLSStorage

/// Reads on one connection, each as of now, or all as of one moment when pinned. Long results come in portions, so that nothing
/// is kept open between them.
final class PostgreSQLCatalogReader: CatalogReader {
    private let session: PostgreSQLSession
    private let standby: StandbySession?
    private var prefetched: Prefetched?
    private var pinned: PostgreSQLConnection?
    var mustBeCurrent = true

    init(_ session: PostgreSQLSession, standby: StandbySession? = nil) {
        self.session = session
        self.standby = standby
    }

    private func query(
        _ text: String, _ parameters: PostgreSQLParameters = PostgreSQLParameters()
    ) throws(StorageError) -> PostgreSQLResult {
        try read { (connection, deadline) throws(StorageError) in
            try connection.query(text, parameters, by: deadline)
        }
    }

    private func read<Value>(
        _ body: (PostgreSQLConnection, Deadline) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        // A snapshot is lost with its connection.
        if let pinned { return try body(pinned, session.deadline) }
        if !mustBeCurrent, let value = standby?.run(body) { return value }
        return try session.run(body)
    }

    // MARK: Snapshot

    func prefetch(_ keys: [CatalogKey]) throws(StorageError) {
        if keys.isEmpty { return }
        let prefetch = CatalogPrefetch(keys)
        prefetched = try read { (connection, deadline) throws(StorageError) in
            try prefetch.fetch(connection, by: deadline)
        }
    }

    func pin() throws(StorageError) {
        release()
        pinned = try session.run { (connection, deadline) throws(StorageError) in
            try connection.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            // The snapshot is taken with the first read.
            try connection.send(CatalogSQL.identity)
            _ = try connection.results(by: deadline)
            return connection
        }
    }

    func release() {
        prefetched = nil
        mustBeCurrent = true
        if pinned != nil { session.recover() }
        pinned = nil
    }

    // MARK: Names and mappings

    func hasName(_ kind: NameKind, _ name: Span<UInt8>) throws(StorageError) -> Bool {
        let name = ByteString(name)
        let object = ObjectName(kind: kind, name: name)
        if let known = prefetched?.names[object] { return known }
        if let known = prefetched?.partners[object] { return !known.isEmpty }
        var parameters = PostgreSQLParameters()
        parameters.add(names: [StoredName(name)])
        parameters.add([1])
        return try query(CatalogSQL.howOften(kind), parameters).count > 0
    }

    func hasMapping(lfn: Span<UInt8>, pfn: Span<UInt8>) throws(StorageError) -> Bool {
        let mapping = Mapping(lfn: ByteString(lfn), pfn: ByteString(pfn))
        if let known = prefetched?.mappings[mapping] { return known }
        var parameters = PostgreSQLParameters()
        parameters.add(mappings: [mapping])
        return try query(CatalogSQL.whichMappings, parameters).count > 0
    }

    func partners(
        of kind: NameKind, _ name: Span<UInt8>, after: ByteString?, visit: (Span<UInt8>) -> Visit
    ) throws(StorageError) {
        let name = ByteString(name)
        if after == nil, let known = prefetched?.partners[ObjectName(kind: kind, name: name)] {
            for partner in known {
                let bytes = partner.bytes
                if visit(bytes.span) == .stop { return }
            }
            return
        }
        _ = try walkPartners(of: kind, StoredName(name), after: after, visit: visit)
    }

    private func walkPartners(
        of kind: NameKind, _ name: StoredName, after: ByteString?, visit: (Span<UInt8>) -> Visit
    ) throws(StorageError) -> Visit {
        var position = after
        return try inPortions { (limit) throws(StorageError) in
            var parameters = PostgreSQLParameters()
            parameters.add(name: name)
            parameters.add(limit)
            if let position { parameters.add(name: StoredName(position)) }
            return try query(CatalogSQL.partners(kind, resumes: position != nil), parameters)
        } visit: { result, row in
            if row == result.count - 1 { position = result.name(row, 0) }
            return result.withName(row, 0, visit)
        }
    }

    func mappings(
        by kind: NameKind, prefix: ByteString, order: MappingOrder, after: MappingPosition?,
        visit: (_ name: Span<UInt8>, _ partner: Span<UInt8>) -> Visit
    ) throws(StorageError) {
        var position = after
        // The rest of the name we stopped at, then the names behind it; so in each portion.
        _ = try inPortions { (limit) throws(StorageError) in
            let walk = MappingWalk(kind, prefix: prefix, order: order, after: position)
            return try query(walk.text, walk.parameters(limit: limit))
        } beforePortion: { () throws(StorageError) in
            guard let at = position else { return .next }
            let name = at.name.bytes
            return try walkPartners(of: kind, StoredName(at.name), after: at.partner) { visit(name.span, $0) }
        } visit: { result, row in
            if row == result.count - 1 {
                position = MappingPosition(name: result.name(row, 0), partner: result.name(row, 2))
            }
            return result.withName(row, 0) { name in result.withName(row, 2) { visit(name, $0) } }
        }
    }

    func lfns(after: ByteString?, visit: (Span<UInt8>) -> Visit) throws(StorageError) {
        var position = after
        _ = try inPortions { (limit) throws(StorageError) in
            var parameters = PostgreSQLParameters()
            parameters.add(limit)
            parameters.add(name: StoredName(position ?? .empty))
            return try query(CatalogSQL.lfns(resumes: position != nil), parameters)
        } visit: { result, row in
            result.withName(row, 0) { name in
                let last = position?.bytes
                if let last, name.equals(last.span) { return .next }
                position = ByteString(name)
                return visit(name)
            }
        }
    }

    func identity() throws(StorageError) -> ByteString {
        let result = try query(CatalogSQL.identity)
        guard result.count == 1 else { throw StorageError(.notADatabase, "the catalog's identity is missing") }
        return result.bytes(0, 0)
    }

    // MARK: Attributes

    private func attributes() throws(StorageError) -> AttributeTable {
        AttributeTable(try query(CatalogSQL.attributes))
    }

    func attributeDefinition(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> AttributeDefinition? {
        try attributes()[kind, name]?.definition
    }

    func attributeDefinitions(_ kind: NameKind) throws(StorageError) -> [AttributeDefinition] {
        try attributes().definitions(kind)
    }

    func attributeValues(_ kind: NameKind, of key: Span<UInt8>) throws(StorageError) -> [NamedValue] {
        let object = ObjectName(kind: kind, name: ByteString(key))
        if let known = prefetched?.values[object] { return known }
        let prefetch = CatalogPrefetch([.attributeValues(kind, object.name)])
        let fetched = try read { (connection, deadline) throws(StorageError) in
            try prefetch.fetch(connection, by: deadline)
        }
        return fetched.values[object] ?? []
    }

    func search(
        _ definition: AttributeDefinition, _ condition: AttributeCondition, after: SearchPosition?,
        visit: (_ key: Span<UInt8>, _ value: AttributeValue, _ position: SearchPosition) -> Visit
    ) throws(StorageError) {
        guard let attribute = try attributes()[definition.kind, definition.name] else { return }
        var position = after
        _ = try inPortions { (limit) throws(StorageError) in
            let search = AttributeSearch(attribute, condition, after: position)
            return try query(search.text, search.parameters(limit: limit))
        } visit: { result, row in
            guard let value = result.value(row, 2, as: definition.type) else { return .next }
            let here = SearchPosition(value: value, object: Int64(result.integer(row, 3)))
            position = here
            return result.withName(row, 0) { visit($0, value, here) }
        }
    }

    // MARK: Index servers

    private static let registry = RegistrySQL(schema: "lrc")

    func rlis() throws(StorageError) -> [RLIRecord] { try query(Self.registry.rlis).rliRecords }
}
