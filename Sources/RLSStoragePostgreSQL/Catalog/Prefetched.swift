import RLSCore
import RLSStorage

/// What was fetched for look-ups that come next.
struct Prefetched {
    var partners: [ObjectName: [ByteString]] = [:]
    var names: [ObjectName: Bool] = [:]
    var mappings: [Mapping: Bool] = [:]
    var values: [ObjectName: [NamedValue]] = [:]
}

/// Fetches for many look-ups in one journey.
struct CatalogPrefetch {
    /// A name with more partners is read page by page.
    static let partnerLimit = 100

    private var partners: [NameKind: [ByteString]] = [:]
    private var names: [NameKind: [ByteString]] = [:]
    private var values: [NameKind: [ByteString]] = [:]
    private var mappings: [Mapping] = []

    init(_ keys: [CatalogKey]) {
        // Many may ask for the same.
        for key in Set(keys) {
            switch key {
            case .name(let kind, let name): names[kind, default: []].append(name)
            case .partners(let kind, let name): partners[kind, default: []].append(name)
            case .mapping(let mapping): mappings.append(mapping)
            case .attributeValues(let kind, let name): values[kind, default: []].append(name)
            }
        }
    }

    func fetch(_ connection: PostgreSQLConnection, by deadline: Deadline) throws(StorageError) -> Prefetched {
        for kind in NameKind.allCases { try send(kind, on: connection) }
        if !mappings.isEmpty {
            var parameters = PostgreSQLParameters()
            parameters.add(mappings: mappings)
            try connection.send(CatalogSQL.whichMappings, parameters)
        }
        var results = try connection.results(by: deadline).makeIterator()
        var fetched = Prefetched()
        for kind in NameKind.allCases { receive(kind, &results, into: &fetched) }
        if !mappings.isEmpty, let result = results.next() {
            for mapping in mappings { fetched.mappings[mapping] = false }
            for row in 0..<result.count { fetched.mappings[mappings[result.integer(row, 0) - 1]] = true }
        }
        return fetched
    }

    private func send(_ kind: NameKind, on connection: PostgreSQLConnection) throws(StorageError) {
        if let partners = partners[kind] {
            var parameters = PostgreSQLParameters()
            parameters.add(names: partners.map { StoredName($0) })
            // One more than is used, to tell whether it is all.
            parameters.add(Self.partnerLimit + 1)
            try connection.send(CatalogSQL.partnersOfMany(kind), parameters)
        }
        if let names = names[kind] {
            var parameters = PostgreSQLParameters()
            parameters.add(names: names.map { StoredName($0) })
            parameters.add([Int](repeating: 1, count: names.count))
            try connection.send(CatalogSQL.howOften(kind), parameters)
        }
        if let values = values[kind] {
            var parameters = PostgreSQLParameters()
            parameters.add(kind.rawValue)
            parameters.add(names: values.map { StoredName($0) })
            try connection.send(CatalogSQL.valuesOfMany, parameters)
        }
    }

    private func receive(
        _ kind: NameKind, _ results: inout IndexingIterator<[PostgreSQLResult]>, into fetched: inout Prefetched
    ) {
        if let partners = partners[kind], let result = results.next() {
            var lists = [[ByteString]](repeating: [], count: partners.count)
            for row in 0..<result.count { lists[result.integer(row, 0) - 1].append(result.name(row, 1)) }
            for (name, list) in zip(partners, lists) where list.count <= Self.partnerLimit {
                // The database has compared heads only.
                let isLong = list.contains { $0.count > StoredName.headLength }
                fetched.partners[ObjectName(kind: kind, name: name)] = isLong ? list.sorted() : list
            }
        }
        if let names = names[kind], let result = results.next() {
            for name in names { fetched.names[ObjectName(kind: kind, name: name)] = false }
            for row in 0..<result.count {
                fetched.names[ObjectName(kind: kind, name: names[result.integer(row, 0) - 1])] = true
            }
        }
        if let values = values[kind], let result = results.next() {
            for name in values { fetched.values[ObjectName(kind: kind, name: name)] = [] }
            for row in 0..<result.count {
                guard let value = result.namedValue(row, 1) else { continue }
                fetched.values[ObjectName(kind: kind, name: values[result.integer(row, 0) - 1])]?.append(value)
            }
        }
    }
}

extension PostgreSQLResult {
    /// Five columns: name, type, and the value in one of three. nil for what is not of its type.
    func namedValue(_ row: Int, _ column: Int32) -> NamedValue? {
        guard let type = AttributeType(rawValue: integer(row, column + 1)) else { return nil }
        let place: Int32 =
            switch type {
            case .date, .int: 2
            case .float: 3
            case .string: 4
            }
        return value(row, column + place, as: type).map { NamedValue(name: bytes(row, column), value: $0) }
    }

    func value(_ row: Int, _ column: Int32, as type: AttributeType) -> AttributeValue? {
        if isNull(row, column) { return nil }
        return switch type {
        case .date: CatalogDate(packed: Int64(integer(row, column))).map { .date($0) }
        case .float: .float(float(row, column))
        case .int: .int(Int64(integer(row, column)))
        case .string: .string(bytes(row, column))
        }
    }
}
